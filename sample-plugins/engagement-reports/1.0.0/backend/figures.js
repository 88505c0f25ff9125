// The figures of all books together. A background task adds them up, so that no reader waits for it: half a minute after the plugin is
// enabled, then every hour, as the manifest says.

import { read, sumOf } from './counts.js'

const TOP = 10

export async function rebuild(task, env) {
  const books = []
  for await (const key of keysOf(env, 'book:')) {
    if (task.signal.aborted) return
    const { title, counts } = await read(env, key)
    books.push({ title, opened: sumOf(counts) })
    task.log.debug(`${title}: ${sumOf(counts)}`)
    // How many there are is known at the end only.
    task.progress(books.length / (books.length + 1), `${books.length} books`)
  }
  books.sort((a, b) => b.opened - a.opened || (a.title < b.title ? -1 : 1))
  const figures = {
    at: new Date().toISOString(),
    opened: books.reduce((sum, { opened }) => sum + opened, 0),
    books: books.slice(0, TOP),
  }
  await env.kv.put('figures', JSON.stringify(figures))
  task.worked()
  return { books: books.length, opened: figures.opened }
}

/** What the last run has written, what became of it, and when the next one is. */
export async function stateOfFigures(env) {
  const runs = await env.tasks.list({ name: 'rebuild', limit: 50 })
  const waiting = runs.filter(({ state }) => state === 'waiting').map(({ runAt }) => runAt)
  const isRunning = runs.some(({ state }) => state === 'running' || state === 'cancelling')
  const last = runs.find(({ state }) => !['waiting', 'running', 'cancelling'].includes(state))
  return {
    figures: await env.kv.get('figures', 'json'),
    state: isRunning ? 'running' : (last?.state ?? 'waiting'),
    next: waiting.toSorted()[0] ?? null,
  }
}

/** A list has a page at a time. */
async function* keysOf(env, prefix) {
  let cursor
  do {
    const page = await env.kv.list({ prefix, ...(cursor !== undefined && { cursor }) })
    yield* page.keys.map(({ name }) => name)
    cursor = page.cursor
  } while (cursor)
}
