// Asks for the devices every second while the page is visible, and shows what came and went.
import { call } from './call.js'
import { element } from './element.js'
import { openDevice } from './inspection.js'

const [status, devices, history] = ['status', 'devices', 'history'].map((id) =>
  document.querySelector(`#${id}`),
)

const PERIOD_MS = 1000
let shown = ''

function show(answer) {
  const text = JSON.stringify(answer)
  // Nothing new, nothing touched: a selection in the table stays.
  if (text === shown) return
  shown = text
  devices.replaceChildren(
    ...answer.devices.map(({ name, maker, kind, usb, id, key }) =>
      element(
        'tr',
        ...[name, maker ?? '–', kind, usb].map((cell) => element('td', cell)),
        element('td', element('code', id)),
        element('td', opener(key, name)),
      ),
    ),
  )
  history.replaceChildren(
    ...answer.history.map(({ time, type, device }) => {
      const item = element(
        'li',
        `${new Date(time).toLocaleTimeString()} ${type === 'connect' ? 'in' : 'out'}: `,
        element('strong', device.name),
      )
      item.dataset.type = type
      return item
    }),
  )
  status.textContent = sentence(answer)
}

function opener(key, name) {
  const button = element('button', 'Open')
  button.ariaLabel = `Open ${name}`
  button.onclick = async () => {
    button.disabled = true
    await openDevice(key, name)
    button.disabled = false
  }
  return button
}

function sentence({ granted, devices: { length } }) {
  if (!granted) return 'The permission "usb" is not granted: an administrator can grant it on the admin page.'
  if (length === 0) return 'No USB device is connected to the server. Plug one in: it shows here.'
  return length === 1
    ? 'One device is connected to the server.'
    : `${length} devices are connected to the server.`
}

async function refresh() {
  try {
    show(await call('devices'))
  } catch (error) {
    shown = ''
    status.textContent = `The server does not answer (${error.message}); trying again.`
  }
}

async function run() {
  if (!document.hidden) await refresh()
  setTimeout(run, PERIOD_MS)
}

run()
