// What pages do beyond what HTML does by itself. Every page works without it.
import './auto-complete.js'
import { install } from './hotkey.js'

const root = document.documentElement

/** The reader's time zone, for the moments of the next page: the server cannot know it by itself. */
if (!/(^|; )nightbill-zone=/.test(document.cookie)) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser.
  document.cookie = `nightbill-zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`
}

/**
 * Prepares a part of a page that has arrived.
 * @param {ParentNode} part
 */
function prepare(part) {
  if (root.dataset.keys !== 'off') {
    for (const element of part.querySelectorAll('[data-hotkey]')) install(/** @type {HTMLElement} */ (element))
  }
  // A dialog that is open when the page arrives becomes modal.
  for (const dialog of part.querySelectorAll('dialog[data-modal][open]')) {
    const one = /** @type {HTMLDialogElement} */ (dialog)
    one.removeAttribute('data-modal')
    one.close()
    one.showModal()
  }
  for (const button of part.querySelectorAll('[data-reveal], [data-print]')) button.removeAttribute('hidden')
}
prepare(document)
document.addEventListener('htmx:after:swap', () => prepare(document))

/** What happened is read first: by whom sees it, and by a screen reader. A frame later: the browser places its own focus before. */
const told = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-focus]')])
requestAnimationFrame(() => told.at(-1)?.focus())

document.addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target)
  const copied = target.closest('[data-copy]')
  if (copied && !target.closest('a')) void copy(/** @type {HTMLElement} */ (copied))
  if (target.closest('[data-print]')) window.print()
  const reveal = target.closest('[data-reveal]')
  if (reveal) toggle(/** @type {HTMLElement} */ (reveal))
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!menu.contains(target)) menu.removeAttribute('open')
  }
  const link = /** @type {HTMLAnchorElement | null} */ (target.closest('a[data-dialog]'))
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault()
    void openInDialog(link)
  }
})

/**
 * Shows a part of another page in a dialog; goes there where that cannot be done.
 * @param {HTMLAnchorElement} link
 */
async function openInDialog(link) {
  const answer = await fetch(link.href).catch(() => undefined)
  const other = new DOMParser().parseFromString((await answer?.text()) ?? '', 'text/html')
  const part = other.querySelector(link.dataset.dialog ?? '')
  if (!part) {
    location.assign(link.href)
    return
  }
  const dialog = document.createElement('dialog')
  dialog.className = 'shown'
  const title = document.createElement('h2')
  title.id = 'shown-title'
  title.textContent = link.textContent
  dialog.setAttribute('aria-labelledby', title.id)
  const close = document.createElement('button')
  close.className = 'button'
  close.textContent = 'Close'
  close.addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => dialog.remove())
  dialog.append(title, part, close)
  document.body.append(dialog)
  dialog.showModal()
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    for (const menu of document.querySelectorAll('details.menu[open]')) menu.removeAttribute('open')
    return
  }
  if (root.dataset.keys === 'off' || event.ctrlKey || event.metaKey || event.altKey) return
  if (/** @type {Element} */ (event.target).closest('input, textarea, select, dialog')) return
  if (event.key === 'j' || event.key === 'k') moveRow(event.key === 'j' ? 1 : -1)
  if (event.key === 'o') openRow()
})

/** The names of a list's rows, which are its links. */
const rows = () => /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll('a.row')])

/**
 * Moves the focus to the next row, or to the one before.
 * @param {number} by
 */
function moveRow(by) {
  const all = rows()
  const at = all.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement))
  all[Math.min(Math.max(at + by, 0), all.length - 1)]?.focus()
}

/** Opens the row that has the focus in a new tab. */
function openRow() {
  const row = rows().find((one) => one === document.activeElement)
  if (row) window.open(row.href, '_blank', 'noopener')
}

/**
 * Copies a key or an id, and says so for a moment.
 * @param {HTMLElement} element
 */
async function copy(element) {
  const text = element.dataset.copy || element.textContent || ''
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    return
  }
  element.title = 'Copied'
}

/**
 * Shows or hides what stands in a password field.
 * @param {HTMLElement} button
 */
function toggle(button) {
  const input = document.getElementById(button.dataset.reveal ?? '')
  if (!(input instanceof HTMLInputElement)) return
  input.type = input.type === 'password' ? 'text' : 'password'
  button.textContent = input.type === 'password' ? 'Show' : 'Hide'
}

// A page that follows something says so when it does not any more: figures that stand still must not look alive.
const lostNote = /** @type {HTMLElement | null} */ (document.querySelector('[data-lost]'))
/** @type {ReturnType<typeof setTimeout> | undefined} */
let losing

/** @param {boolean} isLost */
function showLost(isLost) {
  if (!lostNote) return
  const at = lostNote.querySelector('[data-lost-at]')
  if (isLost && lostNote.hidden && at) at.textContent = new Date().toLocaleTimeString('en-GB')
  lostNote.hidden = !isLost
  document.getElementById('live')?.classList.toggle('stale', isLost)
}

document.addEventListener('htmx:sse:before:connection', () => {
  // Most are back before anybody would read it.
  losing ??= setTimeout(() => showLost(true), 1_500)
})
document.addEventListener('htmx:sse:error', () => {
  losing ??= setTimeout(() => showLost(true), 1_500)
})
for (const name of ['htmx:sse:after:connection', 'htmx:sse:close']) {
  document.addEventListener(name, () => {
    clearTimeout(losing)
    losing = undefined
    showLost(false)
  })
}

// The stream says so itself when there is no more to come, as when the session has ended: it is not opened again.
document.addEventListener('ended', () => {
  for (const note of document.querySelectorAll('[data-ended]')) note.removeAttribute('hidden')
})
