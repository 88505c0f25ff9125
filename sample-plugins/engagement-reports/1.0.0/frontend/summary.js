// The summary of one book, and the figures of all: what the background task has written, what became of it, and when it runs next.

import { ask } from './backend.js'
import { row } from './rows.js'

const LOOK_AGAIN_MS = 500
const STATES = {
  waiting: 'They have not been added up yet.',
  running: 'They are being added up…',
  succeeded: '',
  warning: 'Adding them up ended with a warning.',
  failed: 'Adding them up failed: these are older.',
  cancelled: 'Adding them up was cancelled: these are older.',
}

const find = (id) => document.getElementById(id)
const when = new Intl.DateTimeFormat(document.documentElement.lang, {
  dateStyle: 'medium',
  timeStyle: 'medium',
})

function show({ title, rows, all: { figures, state, next } }) {
  const opened = rows.reduce((sum, [, count]) => sum + count, 0)
  find('title').textContent = title ?? ''
  find('text').textContent = `Opened ${counted(opened, 'time')} on ${counted(rows.length, 'day')}.`
  find('rows').replaceChildren(...(figures?.books ?? []).map((book) => row(book.title, book.opened)))
  find('all').textContent =
    figures === null
      ? ''
      : `${counted(figures.opened, 'time')} in all, as of ${when.format(new Date(figures.at))}.`
  find('next').textContent = next === null ? '' : `Next at ${when.format(new Date(next))}.`
  find('state').textContent = STATES[state] ?? ''
  find('state').dataset.state = state
  find('rebuild').disabled = state === 'running'
  return figures?.at
}

const counted = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`

const load = async () => show(await (await ask(`summary${location.search}`)).json())
let shownAt = await load()

find('rebuild').addEventListener('click', async () => {
  await ask('summary/rebuild', { method: 'POST' })
  const before = shownAt
  find('rebuild').disabled = true
  find('state').textContent = STATES.running
  // A run that fails leaves the figures as they are: then there is a state to read.
  for (let look = 0; look < 60 && shownAt === before; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
    shownAt = await load()
  }
})
