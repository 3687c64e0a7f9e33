import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CommandError, EXIT } from './command-error.ts'

/** Reads a secret: on a terminal without showing it, otherwise the first line of stdin. */
export async function readSecret(prompt: string): Promise<string> {
  const onTerminal = process.stdin.isTTY === true
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: onTerminal })
  // After it has put the terminal into raw mode: what is typed before that would be shown.
  if (onTerminal) process.stderr.write(prompt)
  try {
    const secret = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => reject(new CommandError('Nothing was done.', EXIT.interrupted)))
      lines.once('close', () => resolve(''))
    })
    if (secret.trim() === '') throw new CommandError('no key was given')
    return secret.trim()
  } finally {
    lines.close()
    if (onTerminal) process.stderr.write('\n')
  }
}
