import { setTimeout as sleep } from 'node:timers/promises'
import { DEADLY_ENTRY, TAKEOVER_MS, WORKER_ENTRY } from '../entries.ts'
import { charge } from '../operations/charges.ts'
import { giveCredit } from '../operations/credits.ts'
import { startRun } from '../operations/runs.ts'
import { expectFailure } from '../scene.ts'
import type { Fault, FaultScene } from './fault.ts'

export const POISON_FAULTS: readonly Fault[] = [
  { id: 'F4', name: 'an account whose invoice the database refuses', weight: 3, act: refuseInvoice },
  { id: 'F4', name: 'an account whose credits the database refuses', weight: 2, act: refuseCredits },
  { id: 'F4', name: 'an account that its worker does not survive', weight: 1, act: crashOnAccount },
]

/** What the database refuses for good is a failure of that account; once mended it is billed, by a retry or the next run. */
async function refuseInvoice(given: FaultScene): Promise<void> {
  await refuse(given, 'invoice', async ({ caller }) => {
    await charge(caller)
    await startRun(caller)
  })
}

/** The same of an accepted credit: its job fails, and is done when it is taken up again. */
async function refuseCredits(given: FaultScene): Promise<void> {
  await refuse(given, 'credit', async ({ caller }) => {
    for (let times = 0; times < 5; times += 1) await giveCredit(caller)
  })
}

async function refuse(
  given: FaultScene,
  table: 'invoice' | 'credit',
  meanwhile: (given: FaultScene) => Promise<void>,
): Promise<void> {
  const { scene, dice, note } = given
  const account = dice.pick(scene.ledger.accounts)
  expectFailure(scene, account.id, 'database_refused')
  scene.excuses.add('F4')
  await scene.stack.asOwner(`
    create function driver_refuse() returns trigger language plpgsql as $$
    begin
      if new.account_id = (select id from account where key = '${account.id}') then
        raise exception 'driver: this account is poison' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger driver_refuse before insert on ${table} for each row execute function driver_refuse()`)
  note(`the database refuses every ${table} of ${account.id}`)
  await meanwhile(given)
  await sleep(dice.between(1_000, 3_000))
  await scene.stack.asOwner(`drop trigger driver_refuse on ${table}; drop function driver_refuse()`)
  note(`it takes every ${table} of ${account.id} again`)
}

/** Workers die each time they read this account's charges, until they are replaced by ones that survive it. */
async function crashOnAccount({ scene, dice, caller, note }: FaultScene): Promise<void> {
  const { stack } = scene
  const account = dice.pick(scene.ledger.accounts)
  expectFailure(scene, account.id, 'worker_crashed')
  scene.excuses.add('F4')
  const [row] = await stack.asOwner<{ id: string }>(`select id from account where key = '${account.id}'`)
  const deadly = [DEADLY_ENTRY, String(row?.id)]
  note(`workers do not survive account ${account.id}`)
  for (const worker of stack.workers) {
    worker.become(deadly)
    await worker.end('SIGTERM')
  }
  await startRun(caller)
  await sleep(TAKEOVER_MS)
  for (const worker of stack.workers) {
    worker.become(WORKER_ENTRY)
    await worker.end('SIGTERM')
  }
  note(`workers survive account ${account.id} again`)
}
