// Lists USB devices, and remembers what was plugged in and out while this instance has been running; opens one when it is asked to.
import { describeDevice } from './describe.js'
import { createHistory } from './history.js'
import { inspect } from './inspect.js'
import { createNames } from './names.js'

const history = createHistory()
const names = createNames()
let listening = false

/** Events come to the instance, so one pair of listeners serves every request. */
function listen(usb) {
  if (listening) return
  listening = true
  usb.addEventListener('connect', ({ device }) => history.add('connect', describeDevice(device)))
  usb.addEventListener('disconnect', ({ device }) => history.add('disconnect', describeDevice(device)))
}

async function list(env) {
  // What an administrator did not grant is absent from env; the page then says so.
  if (!env.has('usb')) return { granted: false, devices: [], history: [] }
  listen(env.usb)
  const devices = await env.usb.getDevices()
  return {
    granted: true,
    devices: devices.map((device) => ({ ...describeDevice(device), key: names.nameOf(device) })),
    history: history.list(),
  }
}

async function open(env, key) {
  const device = env.has('usb') ? names.find(await env.usb.getDevices(), key) : undefined
  if (device === undefined) return refusal(404, 'The device is not there any more.')
  try {
    return Response.json(await inspect(device))
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
    // Another plugin has it, the system does not allow it, it was pulled out, …: the message says which.
    return refusal(409, `${error.message}.`)
  }
}

function refusal(status, error) {
  return Response.json({ error }, { status })
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (request.method === 'GET' && pathname === '/devices') return Response.json(await list(env))
    const [, key] = /^\/devices\/([\w-]+)\/inspection$/.exec(pathname) ?? []
    if (request.method === 'POST' && key !== undefined) return await open(env, key)
    return refusal(404, 'Not found')
  },
}
