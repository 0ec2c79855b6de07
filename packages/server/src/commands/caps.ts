import { capMinutes, isBeyondCaps } from '@vigie/domain/orders'
import { Problem } from '@vigie/domain/kernel'
import { newId, type Actor, type Services, type TenantDb } from '../platform/index.ts'

export interface Dangerous {
  /** The command's type, or another word for what is done: `disable`, `unregister`, `weaken-settings`. */
  type: string
  agents: readonly { id: string; customerId: string }[]
}

/**
 * R16: counts these agents as told something dangerous, together with all of the last quarter of an hour: orders, single commands, switches, of everybody in the business, in every
 * process. Takes the business's row until commit, so that two at once are counted one after the other; call it with the agents' locks held and before `record`. Ask only
 * for what is dangerous.
 * @param actor null: the system itself (automatic outbreak defence obeys the same caps)
 * @throws command.needs-second-person and counts nothing
 */
export async function assertWithinCaps(
  db: TenantDb,
  services: Pick<Services, 'clock'>,
  actor: Pick<Actor, 'accountId'> | null,
  dangerous: Dangerous,
): Promise<void> {
  if (await isBeyond(db, services, dangerous)) throw new Problem('command.needs-second-person', { minutes: capMinutes })
  await spend(db, services, actor, dangerous)
}

/** Would these go beyond the caps? Takes the business's row until commit. */
export async function isBeyond(db: TenantDb, { clock }: Pick<Services, 'clock'>, { agents }: Dangerous): Promise<boolean> {
  return await db.widely(async () => {
    await db.query('insert into command_policy (partner_id) values ($1) on conflict do nothing', [db.tenant.partnerId])
    const {
      rows: [policy],
    } = await db.query<{ cap_customers: number; cap_percent: number }>(
      'select cap_customers, cap_percent from command_policy for no key update',
    )
    const {
      rows: [reached],
    } = await db.query<{ customers: number; agents: number }>(
      `select count(distinct customer_id)::integer as customers, count(distinct agent_id)::integer as agents from (
         select agent_id, customer_id from danger_spent where at > $1 union all select agent_id, customer_id from unnest($2::uuid[], $3::uuid[]) now (agent_id, customer_id)) told`,
      [new Date(clock.now().getTime() - capMinutes * 60_000), agents.map(({ id }) => id), agents.map(({ customerId }) => customerId)],
    )
    const {
      rows: [estate],
    } = await db.query<{ count: number }>(`select count(*)::integer as count from agent where switch <> 'unregistered'`)
    return isBeyondCaps(reached!, estate!.count, { capCustomers: policy!.cap_customers, capPercent: policy!.cap_percent })
  })
}

export async function spend(
  db: TenantDb,
  { clock }: Pick<Services, 'clock'>,
  actor: Pick<Actor, 'accountId'> | null,
  { type, agents }: Dangerous,
): Promise<void> {
  const now = clock.now()
  await db.query(
    `insert into danger_spent (partner_id, id, agent_id, customer_id, deed, account_id, at)
     select $1, spent.id, agent_id, customer_id, $5, $6, $7 from unnest($2::uuid[], $3::uuid[], $4::uuid[]) spent (id, agent_id, customer_id)`,
    [
      db.tenant.partnerId,
      agents.map(() => newId(now)),
      agents.map(({ id }) => id),
      agents.map(({ customerId }) => customerId),
      type,
      actor?.accountId ?? null,
      now,
    ],
  )
}
