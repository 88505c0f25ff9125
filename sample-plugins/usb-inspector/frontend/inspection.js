// What a device says when it is opened.
import { call } from './call.js'
import { element } from './element.js'

const place = document.querySelector('#inspection')

/** Never rejects: what went wrong is shown. */
export async function openDevice(key, name) {
  const content = await call(`devices/${key}/inspection`, 'POST').then(described, ({ message }) => [
    element('p', message),
  ])
  place.replaceChildren(element('h2', name), ...content)
  place.hidden = false
}

function described({ status, descriptor, strings, configurations }) {
  return [
    element('p', status === null ? 'The device does not say how it is powered.' : words(status)),
    element('h3', 'Descriptor'),
    table(descriptor.map(({ name, value }) => [name, `${value} (0x${value.toString(16)})`])),
    element('h3', 'Strings'),
    table(strings.map(({ name, text }) => [name, text ?? 'refused'])),
    element('h3', 'Configurations'),
    element('ul', ...configurations.map(configuration)),
  ]
}

function words({ selfPowered, remoteWakeup }) {
  const power = selfPowered ? 'It has power of its own' : 'It is powered by the bus'
  return `${power}, and may${remoteWakeup ? '' : ' not'} wake the server.`
}

function table(rows) {
  return element('dl', ...rows.flatMap(([name, text]) => [element('dt', name), element('dd', text)]))
}

function configuration({ value, name, interfaces }) {
  const title = `Configuration ${value}${name === null ? '' : `: ${name}`}`
  return element('li', title, element('ul', ...interfaces.flatMap(alternatesOf)))
}

function alternatesOf({ number, alternates }) {
  return alternates.map(({ setting, class: code, name, endpoints }) => {
    const title = `Interface ${number}, setting ${setting}, class ${code}${name === null ? '' : `: ${name}`}`
    return element('li', title, element('ul', ...endpoints.map(endpoint)))
  })
}

function endpoint({ number, direction, type, packetSize }) {
  return element('li', `Endpoint ${number} ${direction}, ${type}, ${packetSize} bytes`)
}
