// The host of the standalone server: the extension points of a runtime whose application declares none of its own.
// Invariant: it is checked by a test instead of at each start, so that a start does not wait for a validator.

import { defineHost } from '../sdk/host/define-host.ts'

export const SERVER_HOST = defineHost({
  id: 'plugbay-server',
  version: '1.0.0',
  menus: {
    'shell.main': { title: 'Main menu', description: 'Links beside the pages of the server' },
  },
  slots: {
    'shell.overview': { title: 'Overview', description: 'The first page of the server', modes: ['append'] },
  },
  events: {
    'server.started': {
      description: 'The server accepts requests',
      data: {
        type: 'object',
        properties: { version: { type: 'string' } },
        required: ['version'],
        additionalProperties: false,
      },
    },
  },
})

export type ServerHost = typeof SERVER_HOST
