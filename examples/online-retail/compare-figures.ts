import type { Decimal } from 'decimal.js'
import { formatMoney, groupThousands } from '../../src/terminal/format-money.ts'
import { renderTable } from '../../src/terminal/render-table.ts'
import type { Check } from '../check.ts'
import { type Figures, publishedFigures } from './figures.ts'

type Compared = { readonly name: string; readonly published: string; readonly file: string; readonly service: string }

type Side = { readonly figures: Figures; readonly netByAccount: ReadonlyMap<string, Decimal> }

/** The published figures, the file's own and the service's, side by side; each has to equal the other two. */
export function compareFigures(
  file: Side,
  service: Side,
): { readonly text: string; readonly checks: readonly Check[] } {
  const rows = rowsOf(publishedFigures, file.figures, service.figures)
  const text = renderTable<Compared>(
    [
      { title: 'Figure', value: ({ name }) => name },
      { title: 'Published', align: 'right', value: ({ published }) => published },
      { title: 'The file', align: 'right', value: ({ file: own }) => own },
      { title: 'Nightbill', align: 'right', value: ({ service: ours }) => ours },
    ],
    rows,
  )
  const checks = rows.flatMap(({ name, published, file: own, service: ours }) => [
    { name: `${name}, by the file`, expected: published, actual: own },
    { name: `${name}, by the service`, expected: own, actual: ours },
  ])
  return { text, checks: [...checks, accountsThatDiffer(file, service)] }
}

function rowsOf(published: Figures, file: Figures, service: Figures): readonly Compared[] {
  const row = (name: string, format: (figures: Figures) => string): Compared => ({
    name,
    published: format(published),
    file: format(file),
    service: format(service),
  })
  return [
    row('accounts', ({ accounts }) => groupThousands(accounts)),
    row('charges', ({ charges }) => groupThousands(charges)),
    row('credits', ({ credits }) => groupThousands(credits)),
    row('accounts with credits', ({ accountsWithCredits }) => groupThousands(accountsWithCredits)),
    row('credited', ({ credited }) => formatMoney(credited, 'GBP')),
    row('net: owed less credit left', ({ net }) => formatMoney(net, 'GBP')),
  ]
}

/** Sums may agree by luck: each account's own net has to. */
function accountsThatDiffer(file: Side, service: Side): Check {
  const differing = [...file.netByAccount].filter(
    ([accountId, net]) => service.netByAccount.get(accountId)?.equals(net) !== true,
  )
  return {
    name: 'accounts whose net differs from the file',
    expected: 'none',
    actual: differing.map(([accountId]) => accountId).join(', ') || 'none',
  }
}
