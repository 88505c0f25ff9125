// One card for each misdeed that the backend names; the button sets it off and shows what came of it.
const status = document.querySelector('#status')
const list = document.querySelector('#misdeeds')

function element(name, content) {
  const made = document.createElement(name)
  made.textContent = content
  return made
}

function card(misdeed) {
  const item = document.createElement('li')
  const button = element('button', misdeed.title)
  button.type = 'button'
  button.dataset.misdeed = misdeed.name
  const outcome = document.createElement('output')
  button.addEventListener('click', async () => {
    button.disabled = true
    outcome.dataset.as = ''
    outcome.textContent = '…'
    const { text, expected } = await commit(misdeed)
    outcome.textContent = text
    outcome.dataset.as = expected ? 'expected' : 'unexpected'
    button.disabled = false
  })
  item.append(button, element('code', misdeed.does), element('p', misdeed.expect), outcome)
  return item
}

async function commit(misdeed) {
  const started = performance.now()
  try {
    const response = await fetch(`api/${misdeed.name}`, { method: 'POST' })
    const body = (await response.text()).slice(0, 300)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    return {
      text: `${response.status} after ${seconds} s: ${body}`,
      expected: misdeed.statuses.includes(response.status),
    }
  } catch (error) {
    return { text: `No answer: ${error.message}`, expected: false }
  }
}

try {
  const response = await fetch('api/misdeeds')
  if (!response.ok) throw new Error(`status ${response.status}`)
  list.replaceChildren(...(await response.json()).map(card))
} catch (error) {
  status.textContent = `The plugin does not answer (${error.message}). An administrator can retry it on the admin page.`
}
