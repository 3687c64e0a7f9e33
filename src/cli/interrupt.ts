import { EXIT } from './command-error.ts'

/**
 * While it is in force, ^C ends the command with exit code 130 and a last line that says how to look again. Returns the function that
 * ends that.
 */
export function sayOnInterrupt(lastLine: () => string): () => void {
  const onInterrupt = () => {
    process.stderr.write(`\n${lastLine()}\n`)
    process.exit(EXIT.interrupted)
  }
  process.once('SIGINT', onInterrupt)
  return () => void process.off('SIGINT', onInterrupt)
}
