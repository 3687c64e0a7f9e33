import { brokenRules } from './checks.ts'
import type { Dice } from './dice.ts'
import { environmentOf, runCommand } from './kept-process.ts'
import { query, type Stack, withClient } from './stack.ts'

/** Made by hand, with triggers off: what no right, trigger or constraint would let through otherwise. */
const CORRUPTIONS: readonly string[] = [
  'delete from disbursement where id = (select id from disbursement order by id limit 1)',
  'insert into disbursement select gen_random_uuid(), credit_id, invoice_id, account_id, amount, automatic, created_at from disbursement limit 1',
  'update invoice set total_charge = total_charge + 1, total = total + 1 where number = (select max(number) from invoice)',
  'delete from invoice where number = (select max(number) from invoice)',
  'update invoice set number = number + 1 where number = (select max(number) from invoice)',
  "update credit set status = 'pending', invoice_id = null, disbursed = 0 where id = (select id from credit where status = 'issued' limit 1)",
  'update invoice_counter set last_number = last_number + 1',
]

/** F14: on a copy of the database of a stack whose processes have stopped, one corruption must turn `reconcile` red. Gives what went wrong. */
export async function corruptACopy(
  stack: Stack,
  dice: Dice,
): Promise<{ readonly said: string; readonly failed: boolean }> {
  const copy = `${stack.name}_copy`
  const admin = stack.postgres.ownerUrl('postgres')
  await query(admin, `create database ${copy} template ${stack.name}`)
  try {
    const corruption = await corrupt(stack.postgres.ownerUrl(copy), dice)
    const env = environmentOf({ DATABASE_URL: stack.postgres.url(copy) })
    const { code, stdout } = await runCommand(['src/cli.ts', 'reconcile', '--json'], env as Record<string, string>)
    if (code === 1) return { said: `${corruption}: ${brokenRules(stdout).slice(0, 200)}`, failed: false }
    return { said: `reconcile ended with exit code ${code} after ${corruption}`, failed: true }
  } finally {
    await query(admin, `drop database ${copy} with (force)`)
  }
}

/** Does one of them, at random, that finds something to change. */
async function corrupt(url: string, dice: Dice): Promise<string> {
  return await withClient(url, async (client) => {
    await client.query('set session_replication_role = replica')
    for (const left = [...CORRUPTIONS]; left.length > 0; ) {
      const [corruption = ''] = left.splice(dice.between(0, left.length - 1), 1)
      // What an index refuses, even with every trigger off, cannot be corrupted like that.
      const { rowCount } = await client.query(corruption).catch(refusedByIndex)
      if (rowCount) return corruption
    }
    throw new Error('there is nothing to corrupt')
  })
}

function refusedByIndex(error: unknown): { readonly rowCount: number } {
  if ((error as { code?: string }).code === '23505') return { rowCount: 0 }
  throw error
}
