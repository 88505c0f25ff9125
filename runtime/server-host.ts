// The host of the standalone server: the extension points of a runtime whose application declares none of its own.
// Invariant: it is checked by a test instead of at each start, so that a start does not wait for a validator.

import type { HostDeclaration } from '../sdk/host/declaration.ts'
import { defineHost } from '../sdk/host/define-host.ts'
import type { Config } from './config/config.ts'

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

/** With the templates that the operator has configured. */
export function serverHost({ templates }: Pick<Config, 'templates'>): HostDeclaration {
  const { folder, values, output } = templates
  if (folder === null && values === null && output === null) return SERVER_HOST
  return {
    ...SERVER_HOST,
    templates: {
      ...(folder !== null && { folder }),
      ...(values !== null && { values }),
      ...(output !== null && { output }),
    },
  }
}
