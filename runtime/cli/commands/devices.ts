// plugbay devices: the USB devices of the machine, which of them a plugin may use, and which it gets when it asks for one.

import type { Command } from 'commander'
import type { Device } from '../../../sdk/api/devices.ts'
import type { PluginDevice } from '../../../sdk/api/plugin-devices.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { printable } from '../io.ts'
import { type Outcome, table } from '../output.ts'
import { type Session, usageError } from '../session.ts'

const VERBS = ['list', 'choose'] as const

export function addDevices(program: Command, session: Session): void {
  const command = program
    .command('devices')
    .description('List the USB devices, or choose which of them a plugin gets when it asks for one.')
    .argument('<verb>', VERBS.join(', '))
    .argument('[plugin]', 'id of a plugin')
    .argument(
      '[devices...]',
      'choose: <vendor>:<product>[:<serial number>], the preferred one first; none: no choice',
    )
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, plugin: string | undefined, devices: string[], options: ClientOptions) =>
      session.run({ json: options.json, id: plugin ?? 'devices' }, () =>
        run(openClient(session.io, options), { verb, plugin, devices }),
      ),
    )
}

interface Request {
  readonly verb: string
  readonly plugin: string | undefined
  readonly devices: readonly string[]
}

async function run(client: ApiClient, { verb, plugin, devices }: Request): Promise<Outcome> {
  if (!VERBS.some((known) => known === verb))
    throw usageError(`"${verb}" is not one of ${VERBS.join(', ')}`, 'Write it like: plugbay devices list')
  if (verb === 'list')
    return plugin === undefined
      ? outcomeOfAll((await client.list('devices')) as readonly Device[])
      : outcomeOf((await client.list(pathOf(plugin))) as readonly PluginDevice[])
  if (plugin === undefined)
    throw usageError('No plugin is named', 'Write it like: plugbay devices choose usb-backup 0781:5591')
  await client.request('PUT', pathOf(plugin), { json: { chosen: devices.map(choiceOf) } })
  return outcomeOf((await client.list(pathOf(plugin))) as readonly PluginDevice[])
}

function pathOf(plugin: string): string {
  return `plugins/${encodeURIComponent(plugin)}/devices`
}

/** @throws a usage error */
function choiceOf(text: string) {
  const [, vendor, product, serial] = /^([0-9a-f]{4}):([0-9a-f]{4})(?::(.+))?$/i.exec(text) ?? []
  if (vendor === undefined || product === undefined)
    throw usageError(`"${text}" is not a device`, 'Write it as in the list: 0781:5591 or 0781:5591:A1B2')
  return {
    vendorId: Number.parseInt(vendor, 16),
    productId: Number.parseInt(product, 16),
    serialNumber: serial ?? null,
  }
}

type Named = Pick<
  PluginDevice,
  'vendorId' | 'productId' | 'serialNumber' | 'productName' | 'manufacturerName'
>

/** As it is chosen. */
function idOf({ vendorId, productId, serialNumber }: Named): string {
  const hex = [vendorId, productId].map((number) => number.toString(16).padStart(4, '0'))
  return [...hex, ...(serialNumber === null ? [] : [serialNumber])].join(':')
}

function nameOf({ manufacturerName, productName }: Named): string {
  return printable([manufacturerName, productName].filter((name) => name !== null).join(' ')) || '–'
}

function outcomeOfAll(found: readonly Device[]): Outcome {
  const text =
    found.length === 0
      ? 'There are no USB devices, or the server has no access to them'
      : table(
          ['DEVICE', 'NAME'],
          found.map((device) => [printable(idOf(device)), nameOf(device)]),
        )
  return { results: found.map((device) => ({ ...device, id: idOf(device), ok: true })), text }
}

function outcomeOf(found: readonly PluginDevice[]): Outcome {
  const rows = found.map((device) => [
    printable(idOf(device)),
    nameOf(device),
    device.isConnected ? 'plugged in' : 'away',
    device.isChosen ? 'yes' : 'no',
    device.holder ?? '–',
  ])
  const text =
    found.length === 0
      ? 'There are no devices that are granted to the plugin'
      : table(['DEVICE', 'NAME', 'STATE', 'CHOSEN', 'IN USE BY'], rows)
  return { results: found.map((device) => ({ ...device, id: idOf(device), ok: true })), text }
}

const EXAMPLES = `
A choice stays while the device is away. It gives no right: only devices that are granted to the plugin are used.

Examples:
  $ plugbay devices list
  $ plugbay devices list usb-backup                         what is granted to it, and who has it open
  $ plugbay devices choose usb-backup 0781:5591:A1B2C3
  $ plugbay devices choose usb-backup                       takes the choice back`
