import { html, type SafeHtml } from '@remix-run/html-template'
import type { Reconciliation } from '../../api/types.ts'
import { chip } from '../parts/chip.ts'
import { empty } from '../parts/empty.ts'
import { figures } from '../parts/figures.ts'
import { heading, mono } from '../parts/heading.ts'
import { ICONS } from '../parts/icons.ts'
import { countText } from '../parts/money.ts'
import { billRunPath, invoicePath, searchPath } from '../parts/paths.ts'
import { durationText, moment, plural } from '../parts/time.ts'
import { type Answer, page, type Visit } from '../visit.ts'
import { errorPage } from './error.ts'

type Check = Reconciliation['checks'][number]

const NOT_THERE = { status: 404, code: 'reconciliation_not_found', title: 'There is no such reconciliation' } as const

/** One reconciliation, with each of its rules, the broken ones first. */
export async function reconciliationPage(visit: Visit): Promise<Answer> {
  const { client, params } = visit
  if (!/^[1-9]\d{0,14}$/.test(params.id ?? '')) return errorPage(visit, NOT_THERE, 'home')
  const one = await client.getReconciliation(Number(params.id))
  const { ok, checks, billRunId, startedAt, finishedAt, invoices, credits } = one
  const title = titleOf(one)
  const count = (value: number | null) =>
    value === null ? html`<span class="zero">–</span>` : html`${countText(value)}`
  return page({
    title,
    section: 'home',
    body: html`${heading({
      crumbs: [
        ['/', 'Home'],
        ['/reconciliations', 'Reconciliations'],
      ],
      title,
      beside: rulesChip(checks, ok),
    })}
      ${figures([
        { label: 'Snapshot', value: moment(startedAt, visit) },
        { label: 'Took', value: html`${tookText(startedAt, finishedAt)}` },
        {
          label: 'Of',
          value: billRunId === null ? html`All rows` : html`<a href="${billRunPath(billRunId)}">A bill run</a>`,
        },
        { label: 'Invoices', value: count(invoices) },
        { label: 'Credits', value: count(credits) },
      ])}
      <section class="sheet" aria-label="Rules">${rules(checks)}</section>`,
  })
}

function titleOf({ ok, checks }: Reconciliation): string {
  if (ok) return checks.length === 0 ? 'Every rule held' : `All ${checks.length} rules held`
  const broken = checks.filter(({ held }) => !held).length
  return broken === 0
    ? 'Rules are broken'
    : `${broken} of ${plural(checks.length, 'rule')} ${broken === 1 ? 'is' : 'are'} broken`
}

function rules(checks: readonly Check[]): SafeHtml {
  if (checks.length === 0) return empty('Its rules were not kept: it is from an earlier version.')
  const sorted = [...checks.filter(({ held }) => !held), ...checks.filter(({ held }) => held)]
  return html`<ul class="findings rules">${sorted.map(rule)}</ul>`
}

function rule({ name, description, held, violations, examples }: Check): SafeHtml {
  return html`<li class="${held ? 'well' : 'bad'}">${held ? ICONS.ok : ICONS.bad}
    <div><p><span class="unseen">${held ? 'Held' : 'Broken'}: </span>${description ?? name} ${mono(name)}</p>
      ${
        held
          ? ''
          : html`<p><b>${violations >= 1_000 ? '1,000 rows or more break it' : plural(violations, 'row breaks it', 'rows break it')}</b>${
              violations > examples.length
                ? html` <span class="hint">The first ${examples.length} are shown.</span>`
                : ''
            }</p>
            <ul class="examples">${examples.map((example) => html`<li>${linked(example)}</li>`)}</ul>`
      }</div></li>`
}

/** What of a violation's words can be opened: an invoice by its number, anything else by its id. */
const OPENED = /(invoice \d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/

function linked(example: string): (SafeHtml | string)[] {
  return example.split(OPENED).map((part, index) => {
    if (index % 2 === 0) return part
    const href = part.startsWith('invoice ') ? invoicePath(Number(part.slice(8))) : searchPath(part)
    return html`<a href="${href}">${part}</a>`
  })
}

/** How many rules held: `24 of 24 held`. */
export function rulesChip(checks: Reconciliation['checks'], ok: boolean): SafeHtml {
  const held = checks.filter((check) => check.held).length
  const said = checks.length === 0 ? (ok ? 'held' : 'broken') : `${held} of ${checks.length} held`
  return ok ? chip('ok', 'check', said) : chip('bad', 'triangle', said)
}

export function tookText(startedAt: string, finishedAt: string): string {
  const ms = Date.parse(finishedAt) - Date.parse(startedAt)
  return ms < 1_000 ? 'under 1 s' : durationText(ms)
}
