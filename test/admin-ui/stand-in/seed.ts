// A server as an operator meets it: several plugins, in several states.

import { figures, installation, type StandInState } from './state.ts'

export function seed(state: StandInState): void {
  state.add(
    installation({
      id: 'guestbook',
      name: 'Guestbook',
      version: '1.2.0',
      description: 'Visitors leave a few words; everybody reads them',
      permissions: { kv: true },
    }),
    {
      title: {
        value: 'Our guestbook',
        source: 'default',
        schema: { type: 'string', default: 'Our guestbook', description: 'Stands above the entries' },
      },
      perPage: {
        value: 20,
        source: 'stored',
        schema: { type: 'integer', minimum: 1, maximum: 100, default: 10, title: 'Entries per page' },
      },
      port: { value: 25, source: 'default', schema: { type: 'integer', default: 25, title: 'Mail port' } },
      moderated: {
        value: true,
        source: 'default',
        schema: { type: 'boolean', default: true, description: 'Entries wait until somebody has read them' },
      },
      order: {
        value: 'newest',
        source: 'default',
        schema: { enum: ['newest', 'oldest'], default: 'newest' },
      },
      apiKey: {
        value: null,
        source: 'stored',
        schema: { type: 'string', format: 'secret', title: 'Mail API key' },
      },
      region: { value: 'eu', source: 'environment', schema: { type: 'string' } },
      words: {
        value: ['spam'],
        source: 'default',
        schema: {
          type: 'array',
          items: { type: 'string' },
          description: 'Entries with these words are refused',
        },
      },
    },
  )
  state.add(
    installation({
      id: 'usb-backup',
      name: 'USB backup',
      version: '0.9.1',
      description: 'Copies the data of this server to a stick',
      permissions: {
        kv: true,
        tasks: true,
        volumes: 'readwrite',
        usb: [{ vendorId: 18164 }, { classCode: 8 }],
        network: ['https://api.example.org', 'https://status.example.net'],
      },
    }),
  )
  state.add(
    installation({
      id: 'weather',
      name: 'Weather',
      version: '2.0.0',
      description: 'The forecast for the garden',
      permissions: { network: ['https://api.weather.example'] },
    }),
  )
  state.add(
    installation({
      id: 'greedy-plugin',
      name: 'Greedy plugin',
      description: 'Breaks a limit on purpose, each button another one',
    }),
  )
  state.add(
    installation({
      id: 'example-plugin',
      name: 'Example plugin',
      version: '0.1.0',
      description: 'Where to start when you write your own',
    }),
  )
  state.add(
    installation({
      id: 'usb-inspector',
      name: 'USB inspector',
      description: 'Lists what is plugged in',
      permissions: { usb: [{}] },
    }),
  )
  state.change('weather', {
    candidate: { version: '2.1.0', added: { kv: true } },
    permissions: { network: ['https://api.weather.example'], kv: true },
    state: 'running',
  })
  state.change('greedy-plugin', {
    state: 'quarantined',
    problem: {
      code: 'GUEST_CRASHED',
      message: 'It failed 5 times in 5 minutes; the last time it used more than 64 MB of memory',
      hint: 'Look at its log, then retry',
      file: 'backend/index.ts',
      line: 12,
      column: 9,
      frame:
        '  11 |   const all = []\n> 12 |   for (;;) all.push(new Array(1e6))\n     |         ^\n  13 | }',
    },
    resources: {
      ...figures(),
      memoryMb: 0,
      peakMemoryMb: 63.9,
      cpuMs: 40_210,
      cpuPercent: 61.4,
      requests: 31,
      errors: 5,
      throttled: 12,
      restarts: 5,
      logLinesDropped: 4200,
    },
  })
  state.change('example-plugin', { enabled: false, state: 'disabled' })
  state.change('guestbook', {
    releases: [
      ...installation({ id: 'guestbook', name: 'Guestbook', version: '1.2.0' }).releases,
      { version: '1.1.0', sha256: 'c'.repeat(64), installedAt: '2026-10-02T08:30:00.000Z', active: false },
    ],
  })
  for (let i = 0; i < 30; i++)
    state.log(
      'guestbook',
      (['info', 'debug', 'info', 'warn', 'info', 'error'] as const)[i % 6] ?? 'info',
      `Entry ${i} from "a visitor" was read in ${i * 3} ms`,
    )
}
