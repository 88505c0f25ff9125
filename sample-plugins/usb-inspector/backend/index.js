// Lists USB devices, and remembers what was plugged in and out while this instance has been running.
import { describeDevice } from './describe.js'
import { createHistory } from './history.js'

const history = createHistory()
let listening = false

/** Events come to the instance, so one pair of listeners serves every request. */
function listen(usb) {
  if (listening) return
  listening = true
  usb.addEventListener('connect', ({ device }) => history.add('connect', describeDevice(device)))
  usb.addEventListener('disconnect', ({ device }) => history.add('disconnect', describeDevice(device)))
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (request.method !== 'GET' || pathname !== '/devices') {
      return Response.json({ error: 'Not found' }, { status: 404 })
    }
    // What an administrator did not grant is absent from env; the page then says so.
    if (!env.has('usb')) return Response.json({ granted: false, devices: [], history: [] })
    listen(env.usb)
    const devices = await env.usb.getDevices()
    return Response.json({ granted: true, devices: devices.map(describeDevice), history: history.list() })
  },
}
