import { html } from '@remix-run/html-template'
import { type FormState, field, tickBox } from '../parts/form.ts'
import { heading } from '../parts/heading.ts'
import { timeZones } from '../parts/time-zones.ts'
import { isTimeZone, type Preferences, preferenceCookie } from '../preferences.ts'
import { type Answer, type Page, type PageRoutes, page, redirect, type Visit } from '../visit.ts'

const YEAR_SECONDS = 31_536_000

const THEMES = [
  ['auto', 'As the system'],
  ['light', 'Light: paper and ink'],
  ['dark', 'Dark: lamp and ink'],
] as const
const DENSITIES = [
  ['normal', 'Normal: rows of 36 pixels'],
  ['compact', 'Compact: rows of 28 pixels'],
] as const

/** How a reader wants to see the console: kept in cookies of this browser, as there are no accounts for people. */
export function preferencePages({ get, post }: PageRoutes): void {
  get('/preferences', 'read', async (visit) => preferencesPage(visit))
  post('/preferences', 'read', savePreferences)
}

function preferencesPage({ preferences }: Visit): Page {
  const { theme, density, zone, keys } = preferences
  const form: FormState = { values: {}, errors: {} }
  return page({
    title: 'Preferences',
    body: html`${heading({ title: 'Preferences' })}
      <p class="lead">Kept in this browser alone.</p>
      <form class="form" method="post" action="/preferences">
        ${field(form, { name: 'theme', label: 'Theme', value: theme, options: THEMES })}
        ${field(form, {
          name: 'zone',
          label: 'Time zone',
          value: zone,
          options: timeZones(zone),
          hint: 'For moments. Dates of bill runs and invoices are never converted',
        })}
        ${field(form, { name: 'density', label: 'Density', value: density, options: DENSITIES })}
        ${tickBox(form, {
          name: 'keys',
          label: 'Single keys are shortcuts',
          hint: 'Turn this off where a voice or a switch types them by mistake.',
          checked: keys === 'on',
        })}
        <div class="actions"><button class="button primary">Save</button><a class="button plain" href="/shortcuts">List of shortcuts</a></div>
      </form>`,
  })
}

async function savePreferences({ form, preferences, reply }: Visit): Promise<Answer> {
  const oneOf = (options: readonly (readonly [string, string])[], value: string | undefined, kept: string) =>
    options.some(([option]) => option === value) ? (value as string) : kept
  const chosen: Readonly<Record<keyof Preferences, string>> = {
    theme: oneOf(THEMES, form.theme, preferences.theme),
    density: oneOf(DENSITIES, form.density, preferences.density),
    zone: form.zone !== undefined && isTimeZone(form.zone) ? form.zone : preferences.zone,
    keys: form.keys === 'on' ? 'on' : 'off',
  }
  for (const [name, value] of Object.entries(chosen))
    reply.setCookie(preferenceCookie(name as keyof Preferences), value, {
      path: '/',
      maxAge: YEAR_SECONDS,
      sameSite: 'lax',
    })
  return redirect('/preferences', { tone: 'ok', strong: 'Saved.' })
}
