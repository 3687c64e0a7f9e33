import type { TString } from 'typebox'
import {
  AccountId,
  Amount,
  BillGroup,
  CalendarDate,
  Currency,
  Description,
  Name,
  Note,
  Reference,
} from '../../requests/formats.ts'

export type FieldForm = TString | 'boolean' | 'integer'

export type Field = {
  readonly form: FieldForm
  readonly required?: boolean
}

export type KindName = 'accounts' | 'charges' | 'credits'

/** What can be imported: the fields of each, by the names of the API. A test holds them against the API's schemas. */
export const KINDS: Readonly<Record<KindName, Readonly<Record<string, Field>>>> = {
  accounts: {
    accountId: { form: AccountId, required: true },
    name: { form: Name, required: true },
    currency: { form: Currency, required: true },
    billGroup: { form: BillGroup },
    paymentTermsDays: { form: 'integer' },
  },
  charges: {
    accountId: { form: AccountId, required: true },
    amount: { form: Amount, required: true },
    description: { form: Description, required: true },
    chargedOn: { form: CalendarDate },
    reference: { form: Reference, required: true },
  },
  credits: {
    accountId: { form: AccountId, required: true },
    amount: { form: Amount, required: true },
    currency: { form: Currency },
    reason: { form: Description, required: true },
    note: { form: Note },
    reference: { form: Reference, required: true },
    automaticDisbursement: { form: 'boolean' },
  },
}
