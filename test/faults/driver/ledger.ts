import type { Dice } from './dice.ts'
import { DECIMALS, writeMinor } from './money.ts'

/**
 * What the answers say that must be there in the end: the model. It does not depend on the order in which concurrent things happened:
 * where that matters, all that may have come of it is allowed.
 */
export type Ledger = ReturnType<typeof openLedger>

/** `sure`: a 2xx said so. `maybe`: no answer came, and none can be had. A lot is there as a whole or not at all. */
export type Certainty = 'sure' | 'maybe'

type Entry = {
  /** Its description or reason, which no other entry has. */
  readonly label: string
  readonly account: Account
  readonly amount: bigint
  readonly lot: string
  certainty: Certainty
}
export type Charge = Entry & { readonly chargedOn: string; chargeId?: string; readonly reference?: string | undefined }
export type Fate = 'issued' | 'deleted' | 'reversed'
export type Credit = Entry & {
  readonly automatic: boolean
  readonly reference?: string | undefined
  creditId?: string
  jobId?: string
  /** What may have become of it once all is billed. */
  fates: ReadonlySet<Fate>
  readonly disbursed: {
    readonly id?: string
    readonly invoiceId: string
    readonly amount: bigint
    readonly certainty: Certainty
  }[]
  /** Whether a caller is at it: what is done to a credit one after the other has one outcome. */
  busy: boolean
}
export type Run = { readonly billRunId: string; cancelled: 'no' | 'yes' | 'maybe' }
export type Account = {
  readonly id: string
  readonly currency: string
  readonly decimals: number
  readonly charges: Charge[]
  readonly credits: Credit[]
  /** Has too many charges for them to be looked at one by one. */
  huge: boolean
}

export function openLedger(prefix: string, group: string) {
  const accounts: Account[] = []
  const runs: Run[] = []
  let labels = 0
  return {
    group,
    accounts,
    runs,
    /** Names an account of the seed's own. */
    newAccount: (currency: string): Account => {
      const account = {
        id: `${prefix}-${accounts.length + 1}`,
        currency,
        decimals: DECIMALS[currency] as number,
        charges: [],
        credits: [],
        huge: false,
      }
      accounts.push(account)
      return account
    },
    newLabel: (kind: string) => `${prefix}.${kind}.${++labels}`,
    credits: () => accounts.flatMap(({ credits }) => credits),
    /** Those of which it is known that they are there, and nobody is at. */
    idleCredits: () =>
      accounts.flatMap(({ credits }) => credits.filter(({ creditId, busy }) => creditId !== undefined && !busy)),
  } as const
}

/** Mostly small change, sometimes a single minor unit, sometimes a fortune. */
export function randomAmount(dice: Dice): bigint {
  if (dice.chance(0.2)) return 1n
  if (dice.chance(0.05)) return BigInt(dice.between(1, 900_000_000)) * 1_000n + BigInt(dice.between(0, 999))
  return BigInt(dice.between(1, 20_000))
}

export const said = ({ decimals }: Account, amount: bigint) => writeMinor(amount, decimals)
