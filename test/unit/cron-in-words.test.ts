import { expect, test } from 'vitest'
import { cronInWords } from '../../src/api/views/cron-in-words.ts'

test.each([
  ['0 2 * * *', 'Every day at 02:00'],
  ['  5  14  *  *  * ', 'Every day at 14:05'],
  ['0 2,14 * * *', 'Every day at 02:00 and 14:00'],
  ['0 2,8,14 * * ?', 'Every day at 02:00, 08:00 and 14:00'],
  ['30 1 * * 1-5', 'Monday to Friday at 01:30'],
  ['30 1 * * mon-fri', 'Monday to Friday at 01:30'],
  ['30 1 * * 1,3,5', 'Monday, Wednesday and Friday at 01:30'],
  ['30 1 * * 0', 'Sunday at 01:30'],
  ['30 1 * * 7', 'Sunday at 01:30'],
  ['30 1 * 6 SAT', 'Saturday, in June at 01:30'],
  ['30 3 1 * *', 'On day 1 of every month at 03:30'],
  ['30 3 01,15 * *', 'On days 1 and 15 of every month at 03:30'],
  ['0 3 L * *', 'On the last day of every month at 03:00'],
  ['0 3 L 6,12 *', 'On the last day of June and December at 03:00'],
  ['0 2 29 2 *', 'On 29 February at 02:00'],
  ['0 2 * JAN-MAR *', 'Every day in January to March at 02:00'],
  ['0 * * * *', 'Every hour at minute 0'],
  ['* * * * *', 'Every minute'],
  ['*/15 * * * *', 'Every 15 minutes'],
  ['*/15 * * * 1-5', 'Monday to Friday, every 15 minutes'],
])('%s is: %s', (cron, words) => {
  expect(cronInWords(cron)).toBe(words)
})

test.each([
  '*/7 * * * *', // begins anew with each hour
  '*/0 * * * *',
  '0 */2 * * *',
  '0 1-5 * * *',
  '0,30 2 * * *',
  '0 2 */2 * *',
  '0 2 1-7 * *',
  '0 2 1 * 1', // on either
  '0 2 * * 1#2',
  '0 2 * * 5L',
  '0 2 * * MONDAY',
  '0 2 * 13 *',
  '0 2 * 0 *',
  '',
])('%s is left as it is', (cron) => {
  expect(cronInWords(cron)).toBeNull()
})
