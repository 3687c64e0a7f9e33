import { BILL_RUN_CORRUPTIONS } from './bill-runs.ts'
import { CHARGE_AND_ACCOUNT_CORRUPTIONS } from './charges-and-accounts.ts'
import type { Corruption } from './corruption.ts'
import { CREDIT_CORRUPTIONS } from './credits.ts'
import { INVOICE_CORRUPTIONS } from './invoices.ts'
import { REQUEST_CORRUPTIONS } from './requests.ts'

export const CORRUPTIONS: readonly Corruption[] = [
  ...INVOICE_CORRUPTIONS,
  ...CREDIT_CORRUPTIONS,
  ...CHARGE_AND_ACCOUNT_CORRUPTIONS,
  ...REQUEST_CORRUPTIONS,
  ...BILL_RUN_CORRUPTIONS,
]
