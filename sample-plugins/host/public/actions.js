// Runs actions from their forms: problems stand at their fields, the outcome below, with the tasks until they have ended.

import { call, element, filled, hasEnded, progressOf, stateText } from '/api.js'

const root = document.querySelector('[data-words]')
const words = JSON.parse(root.dataset.words)
const SHOWN_TASKS = 10
const EVERY_MS = 700

document.addEventListener('submit', (event) => {
  if (!event.target.matches('form.run')) return
  event.preventDefault()
  void run(event.target)
})
document.addEventListener('change', ({ target }) => {
  if (target.name === 'chosen') void showChosen()
})
document.addEventListener('input', ({ target }) => {
  const field = target.closest('.field')
  if (field === null) return
  clearFaults(field)
  for (const fault of field.closest('form').querySelectorAll('.outcome .fault')) fault.remove()
})

async function run(form) {
  clearFaults(form)
  const outcome = form.querySelector('.outcome')
  const button = form.querySelector('button')
  const { plugin, action, object } = form.dataset
  button.disabled = true
  try {
    const { status, body } = await call('POST', `/actions/${plugin}/${action}/run`, {
      arguments: valuesOf(form),
      ...(object !== undefined && { object }),
    })
    if (status === 200) await report(form, outcome, body)
    else if (body.problems?.length > 0) showProblems(form, outcome, body.problems)
    else outcome.replaceChildren(element('p', { class: 'fault' }, body.detail ?? words.failed))
  } catch {
    outcome.replaceChildren(element('p', { class: 'fault' }, words.failed))
  } finally {
    button.disabled = false
  }
}

/** Fields that were left empty are left out: they have their defaults. */
function valuesOf(form) {
  const values = {}
  for (const field of form.elements) {
    const { kind } = field.dataset
    if (kind === 'list') values[field.name] = [...field.selectedOptions].map(({ value }) => value)
    else if (kind === undefined || field.value === '') continue
    else if (kind === 'boolean') values[field.name] = field.value === 'true'
    // What is not a number is sent as it is: the answer says what is wrong with it.
    else if (kind === 'number')
      values[field.name] = Number.isNaN(Number(field.value)) ? field.value : Number(field.value)
    else if (kind === 'lines')
      values[field.name] = field.value.split('\n').filter((line) => line.trim() !== '')
    else values[field.name] = field.value
  }
  return values
}

function showProblems(form, outcome, problems) {
  const general = []
  for (const { pointer = '', message } of problems) {
    const key = pointer.slice(1)
    const field = [...form.querySelectorAll('[data-field]')].find(({ dataset }) => dataset.field === key)
    if (field === undefined) {
      general.push(message)
      continue
    }
    const fault = field.querySelector('.fault')
    fault.textContent = message
    fault.hidden = false
    field.querySelector('[name]').setAttribute('aria-invalid', 'true')
    field.closest('details.advanced')?.setAttribute('open', '')
  }
  form.querySelector('[aria-invalid]')?.focus()
  const texts = general.length > 0 ? general : [words.check]
  outcome.replaceChildren(...texts.map((text) => element('p', { class: 'fault' }, text)))
}

/** @param part a form, or one field */
function clearFaults(part) {
  for (const fault of part.querySelectorAll('[id].fault')) fault.hidden = true
  for (const field of part.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid')
}

async function report(form, outcome, { message, added, skipped }) {
  for (const field of form.querySelectorAll('[data-clear]')) field.value = ''
  const count = (text, tasks) => element('p', {}, filled(text, { count: tasks.length }))
  const list = element('ul', { class: 'started' })
  outcome.replaceChildren(
    element('p', { class: 'said', dir: 'auto' }, message ?? words.done),
    ...(added.length > 0 ? [count(words.started, added)] : []),
    ...(skipped.length > 0 ? [count(words.skipped, skipped)] : []),
    list,
  )
  if (added.length > 0)
    outcome.append(element('p', {}, element('a', { href: `${root.dataset.base}/tasks` }, words.toTasks)))
  await follow(added.slice(0, SHOWN_TASKS), list)
  await refresh()
}

/** Until all have ended, or the page is left. A member who may not see tasks sees that they have begun. */
async function follow(tasks, list) {
  for (;;) {
    const answers = await Promise.all(tasks.map(({ id }) => call('GET', `/tasks/${id}`)))
    const seen = answers.filter(({ status }) => status === 200).map(({ body }) => body)
    list.replaceChildren(...seen.map(taskItem))
    if (seen.every(hasEnded)) return
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
}

function taskItem(task) {
  const { name, key, state, progress, problem } = task
  return element(
    'li',
    { class: state },
    element('span', { dir: 'auto' }, key ?? name),
    progressOf(task),
    element(
      'small',
      { dir: 'auto' },
      problem?.message ?? (hasEnded(task) ? stateText(words, task) : (progress?.message ?? '')),
    ),
  )
}

/** The actions for all files that are chosen, as the library renders them. */
async function showChosen() {
  const place = document.querySelector('[data-chosen]')
  const ids = [...document.querySelectorAll('[name=chosen]:checked')].map(({ value }) => value)
  const address = `${root.dataset.base}/media/chosen?${new URLSearchParams({ files: ids.join() })}`
  const response = await fetch(address)
  if (!response.ok) return
  const now = [...document.querySelectorAll('[name=chosen]:checked')].map(({ value }) => value)
  // More may have been chosen meanwhile: the last answer counts.
  if (now.join() !== ids.join()) return
  place.replaceChildren(...parsed(await response.text()).body.children)
}

/** Files may have other names or places now; what is written in the forms stays. */
async function refresh() {
  const places = [...document.querySelectorAll('[data-live]')]
  const gone = document.querySelector('[data-gone]')
  if (places.length === 0 && gone === null) return
  const response = await fetch(location.href)
  if (response.status === 404 && gone !== null) {
    gone.hidden = false
    for (const button of document.querySelectorAll('form.run > button')) button.remove()
  }
  if (!response.ok) return
  const fresh = parsed(await response.text())
  for (const place of places) {
    const other = fresh.querySelector(`[data-live="${place.dataset.live}"]`)
    if (other !== null) place.replaceChildren(...other.childNodes)
  }
}

function parsed(text) {
  return new DOMParser().parseFromString(text, 'text/html')
}
