import { setTimeout as sleep } from 'node:timers/promises'
import { DEADLY_ENTRY, TAKEOVER_MS, WORKER_ENTRY } from '../entries.ts'
import { charge } from '../operations/charges.ts'
import { startRun } from '../operations/runs.ts'
import type { Fault, FaultScene } from './fault.ts'

export const POISON_FAULTS: readonly Fault[] = [
  { id: 'F4', name: 'an account whose invoice the database refuses', weight: 3, act: refuseInvoice },
  { id: 'F4', name: 'an account that its worker does not survive', weight: 1, act: crashOnAccount },
]

/** What the database refuses for good is a failure of that account; once mended it is billed, by a retry or the next run. */
async function refuseInvoice({ scene, dice, caller, note }: FaultScene): Promise<void> {
  const account = dice.pick(scene.ledger.accounts)
  scene.poisoned.set(account.id, new Set(['database_refused', 'internal_error']))
  scene.excuses.add('F4')
  await scene.stack.asOwner(`
    create function driver_refuse() returns trigger language plpgsql as $$
    begin
      if new.account_id = (select id from account where key = '${account.id}') then
        raise exception 'driver: this account is poison' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger driver_refuse before insert on invoice for each row execute function driver_refuse()`)
  note(`the database refuses any invoice of ${account.id}`)
  await charge(caller)
  await startRun(caller)
  await sleep(dice.between(1_000, 3_000))
  await scene.stack.asOwner('drop trigger driver_refuse on invoice; drop function driver_refuse()')
  note(`invoices of ${account.id} are taken again`)
}

/** Workers die each time they read this account's charges, until they are replaced by ones that survive it. */
async function crashOnAccount({ scene, dice, caller, note }: FaultScene): Promise<void> {
  const { stack } = scene
  const account = dice.pick(scene.ledger.accounts)
  scene.poisoned.set(account.id, new Set(['worker_crashed']))
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
