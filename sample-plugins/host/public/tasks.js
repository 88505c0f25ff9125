// The list of tasks: read again while something goes on, with the log of a task live as long as it is open.

import { call, element, filled, hasEnded, path, progressOf, stateText } from '/api.js'

const list = document.querySelector('.tasks')
const words = JSON.parse(list.dataset.words)
const mayManage = 'manage' in list.dataset
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL']
const BUSY_MS = 700
const IDLE_MS = 3000
/** What is shown of each task, by its id: an open log stays open. */
const shown = new Map()

void loop()

async function loop() {
  for (;;) {
    const { status, body } = await call('GET', '/tasks?limit=50').catch(() => ({ status: 0 }))
    const tasks = status === 200 ? body.items : []
    if (status === 200) show(tasks)
    await new Promise((resolve) => setTimeout(resolve, tasks.every(hasEnded) ? IDLE_MS : BUSY_MS))
  }
}

function show(tasks) {
  if (tasks.length === 0) list.replaceChildren(element('li', { class: 'empty' }, words.noTasks))
  else list.querySelector('.empty')?.remove()
  const ids = new Set(tasks.map(({ id }) => id))
  for (const [id, entry] of shown)
    if (!ids.has(id)) {
      entry.stream?.close()
      entry.item.remove()
      shown.delete(id)
    }
  for (const [index, task] of tasks.entries()) {
    const entry = shown.get(task.id) ?? added(task)
    update(entry, task)
    if (list.children[index] !== entry.item) list.insertBefore(entry.item, list.children[index] ?? null)
  }
}

function added(task) {
  const head = element('div', { class: 'task' })
  const log = element('ol', { class: 'log', dir: 'ltr' })
  const details = element(
    'details',
    {},
    element('summary', {}, words.log),
    ...(mayManage ? [levels(task)] : []),
    log,
  )
  const entry = { item: element('li', {}, head, details), head, stream: undefined }
  details.addEventListener('toggle', () => {
    entry.stream?.close()
    entry.stream = details.open ? follow(task.id, log) : undefined
  })
  shown.set(task.id, entry)
  return entry
}

function update({ item, head }, task) {
  const { id, plugin, name, key, state, progress, problem, startedBy, createdAt } = task
  item.className = state
  const isOpen = !hasEnded(task)
  const button = (text, verb) => {
    const made = element('button', { class: 'quiet' }, text)
    made.addEventListener('click', () => void change(made, `/tasks/${id}/${verb}`))
    return made
  }
  const told = problem?.message ?? (isOpen ? progress?.message : null)
  // It is drawn anew only when something has changed, so that a button can be pressed meanwhile.
  const now = JSON.stringify([state, progress, told, task.worked])
  if (head.dataset.now === now) return
  head.dataset.now = now
  head.replaceChildren(
    element('span', { class: 'state' }, stateText(words, task)),
    element('strong', { dir: 'auto' }, key === null ? name : `${name} · ${key}`),
    element('small', {}, `${plugin} · ${filled(words.by, { name: startedBy.name })} · ${timeOf(createdAt)}`),
    progressOf(task),
    element('small', { class: 'told', dir: 'auto' }, told ?? ''),
    ...(!mayManage || state === 'cancelling'
      ? []
      : [isOpen ? button(words.cancel, 'cancel') : button(words.retry, 'retry')]),
  )
}

async function change(button, address) {
  button.disabled = true
  await call('POST', address, {})
  const { status, body } = await call('GET', '/tasks?limit=50')
  if (status === 200) show(body.items)
}

/** Lines as they are written; the browser connects again by itself, and goes on after the last one. */
function follow(id, log) {
  log.replaceChildren()
  const stream = new EventSource(path(`/tasks/${id}/log`))
  stream.addEventListener('line', ({ data }) => {
    const { level, text, time } = JSON.parse(data)
    log.append(
      element(
        'li',
        { class: level.toLowerCase() },
        element('time', {}, timeOf(time)),
        element('b', {}, level),
        element('span', { dir: 'auto' }, text),
      ),
    )
    log.scrollTop = log.scrollHeight
  })
  return stream
}

/** Counts from the next line on, also while the task runs. */
function levels(task) {
  const select = element(
    'select',
    {},
    ...LEVELS.map((level) => element('option', level === task.level ? { selected: '' } : {}, level)),
  )
  select.addEventListener('change', () => void call('PATCH', `/tasks/${task.id}`, { level: select.value }))
  return element('label', { class: 'level' }, words.level, select)
}

function timeOf(iso) {
  return new Date(iso).toLocaleTimeString(document.documentElement.lang)
}
