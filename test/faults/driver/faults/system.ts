import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, FaultScene } from './fault.ts'

export const SYSTEM_FAULTS: readonly Fault[] = [
  { id: 'F16', name: 'a right revoked', weight: 2, act: revoke },
  { id: 'F16', name: 'a table locked', weight: 2, act: lockTable },
  { id: 'F16', name: 'the disk is full', weight: 2, act: fillDisk },
]

const WRITTEN = ['credit', 'invoice', 'disbursement', 'job', 'bill_batch', 'charge'] as const

const SERVICE = 'nightbill_service'

/** Takes the rights on a table away and gives the same ones back. */
async function revoke({ scene, dice, note }: FaultScene): Promise<void> {
  const table = dice.pick(WRITTEN)
  const { stack } = scene
  scene.excuses.add('F16')
  const [row] = await stack.asOwner<{ acl: string }>(
    `select relacl::text as acl from pg_class where oid = '${table}'::regclass`,
  )
  const columns = await stack.asOwner<{ grants: string }>(`
    select format('grant %s (%s) on ${table} to ${SERVICE}', privilege_type, string_agg(quote_ident(column_name), ', ')) as grants
    from information_schema.column_privileges where table_name = '${table}' and grantee = '${SERVICE}' and table_schema = 'public'
    group by privilege_type`)
  const whole = await stack.asOwner<{ grants: string }>(`
    select format('grant %s on ${table} to ${SERVICE}', string_agg(privilege_type, ', ')) as grants
    from information_schema.role_table_grants where table_name = '${table}' and grantee = '${SERVICE}' and table_schema = 'public'
    having count(*) > 0`)
  // A right on the whole table shows up at its columns too. So the rights on columns are given back first.
  const grants = [...columns, ...whole].map((one) => one.grants)
  await stack.asOwner(`revoke all on ${table} from ${SERVICE}`)
  note(`every right on ${table} revoked (${row?.acl})`)
  await sleep(dice.between(500, 3_000))
  await stack.asOwner(grants.join(';'))
  note(`given back: ${grants.join('; ')}`)
}

/** Locks a table, mostly for longer than statements wait for a lock. */
async function lockTable({ scene, dice, note }: FaultScene): Promise<void> {
  const table = dice.pick(WRITTEN)
  scene.excuses.add('F16')
  await scene.stack.withOwner(async (client) => {
    await client.query(`begin; lock table ${table} in access exclusive mode`)
    note(`${table} locked`)
    await sleep(dice.between(500, 5_000))
    await client.query('rollback')
    note(`${table} unlocked`)
  })
}

/** Makes every write to a table fail as it does when the disk is full. */
async function fillDisk({ scene, dice, note }: FaultScene): Promise<void> {
  const table = dice.pick(WRITTEN)
  scene.excuses.add('F16')
  await scene.stack.asOwner(`
    create function driver_full() returns trigger language plpgsql as $$
    begin
      raise exception 'could not extend file: No space left on device' using errcode = 'disk_full';
    end $$;
    create trigger driver_full before insert or update on ${table} for each row execute function driver_full()`)
  note(`no room in ${table}`)
  await sleep(dice.between(500, 3_000))
  await scene.stack.asOwner(`drop trigger driver_full on ${table}; drop function driver_full()`)
  note(`room in ${table} again`)
}
