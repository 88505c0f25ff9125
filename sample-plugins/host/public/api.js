// The API of the runtime, as the member who is signed in.

const BASE = '/apps/api/v1'

export const path = (address) => BASE + address

/** The answer with its status; `problems` of a refusal are in the body. */
export async function call(method, address, body) {
  const response = await fetch(path(address), {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  return { status: response.status, body: isJson ? await response.json() : {} }
}

/** An element with text or other elements in it: what plugins and files are called is never read as markup. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

export const filled = (text, values) =>
  text.replace(/\{(\w+)\}/g, (whole, key) => String(values[key] ?? whole))

export const hasEnded = ({ state }) => !['waiting', 'running', 'cancelling'].includes(state)

export function stateText(words, { state, worked }) {
  if (state === 'failed') return words.failedState
  return state === 'succeeded' && !worked ? `${words.succeeded}, ${words.didNothing}` : words[state]
}

export function progressOf(task) {
  const { progress } = task
  const bar = element('progress', { max: 1 })
  if (hasEnded(task))
    bar.value = task.state === 'succeeded' || task.state === 'warning' ? 1 : (progress?.fraction ?? 0)
  else if (progress !== null) bar.value = progress.fraction
  return bar
}
