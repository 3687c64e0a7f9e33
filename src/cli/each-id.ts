import { type ClientContext, sayError } from './client-command.ts'
import { CommandError, EXIT } from './command-error.ts'
import { readIds } from './read-ids.ts'

/**
 * Acts on the id that a command was given, or for `-` on each id on stdin. One that is refused is said, and the others are done: exit code
 * 1. `bulk` names an act that changes something: many at once need --yes.
 */
export async function forEachId(
  { output, yes }: ClientContext,
  argument: string,
  act: (id: string) => Promise<void>,
  bulk?: string,
): Promise<void> {
  if (argument !== '-') return act(argument)
  const ids = await readIds()
  if (bulk !== undefined && !yes)
    throw new CommandError(`to ${bulk} ${ids.length} at once needs --yes: nothing was done`)
  output.beginSeries()
  for (const id of ids) {
    try {
      await act(id)
    } catch (error) {
      sayError(error)
      process.exitCode = EXIT.findings
    }
  }
}
