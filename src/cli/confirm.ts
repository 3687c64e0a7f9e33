import { createInterface } from 'node:readline'
import { CommandError, EXIT } from './command-error.ts'

/** Whether a person sits there who can be asked: what is piped in is not an answer. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Says what will happen and asks. Throws a CommandError unless the answer is yes. */
export async function confirm(what: string, question: string): Promise<void> {
  process.stderr.write(`${what}\n`)
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      lines.on('SIGINT', () => reject(new CommandError('\nNothing was done.', EXIT.interrupted)))
      lines.on('close', () => resolve(''))
      lines.question(`${question} [y/N] `, resolve)
    })
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('Nothing was done.')
  } finally {
    lines.close()
  }
}
