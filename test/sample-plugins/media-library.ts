// The sample host with its media, for tests of actions: calls as its pages make them, and tasks until they end.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ActionAnswer, Actions } from '../../sdk/api/actions.ts'
import type { TaskLogLine, TaskView } from '../../sdk/api/tasks.ts'
import { until } from '../support/runtime.ts'
import type { OpenLibrary } from './library.ts'

export const MEDIA_TOOLS = join(import.meta.dirname, '../../sample-plugins/media-tools')

type Headers = Readonly<Record<string, string>>
export type Action = Actions['items'][number]

export interface Answer<T> {
  readonly status: number
  readonly body: T
}

export interface Refusal {
  readonly code: string
  readonly detail?: string
  readonly problems?: readonly { readonly pointer?: string; readonly message: string }[]
}

export interface Media {
  /** JSON of the API; as the librarian by default. */
  send<T>(method: string, path: string, body?: unknown, as?: Headers): Promise<Answer<T>>
  offered(context: string, object?: string, as?: Headers): Promise<readonly Action[]>
  run(action: string, object?: string, args?: object, as?: Headers): Promise<Answer<ActionAnswer & Refusal>>
  /** Runs it, and waits for its first task. */
  done(action: string, object?: string, args?: object): Promise<TaskView>
  task(id: string): Promise<TaskView>
  ended(id: string): Promise<TaskView>
  lines(id: string): Promise<readonly TaskLogLine[]>
  /** Names in a media folder, such as "temp". */
  names(address: string): readonly string[]
  /** The id of a file in the library. */
  fileId(address: string, name: string): string
}

export function mediaOf({ library, headers, data }: OpenLibrary): Media {
  const send: Media['send'] = async (method, path, body, as = {}) => {
    const response = await fetch(`${library.url}/apps/api/v1${path}`, {
      method,
      headers: {
        ...headers,
        ...as,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const run: Media['run'] = (action, object, args = {}, as = {}) =>
    send(
      'POST',
      `/actions/media-tools/${action}/run`,
      { arguments: args, ...(object !== undefined && { object }) },
      as,
    )
  const task = async (id: string) => (await send<TaskView>('GET', `/tasks/${id}`)).body
  const ended = (id: string) =>
    until('the task ends', async () => {
      const found = await task(id)
      return ['waiting', 'running', 'cancelling'].includes(found.state) ? undefined : found
    })
  return {
    ...{ send, run, task, ended },
    async offered(context, object, as = {}) {
      const query = new URLSearchParams({ context, ...(object !== undefined && { object }) })
      const { status, body } = await send<Actions>('GET', `/actions?${query}`, undefined, as)
      assert.equal(status, 200, JSON.stringify(body))
      return body.items
    },
    async done(action, object, args) {
      const { status, body } = await run(action, object, args)
      assert.equal(status, 200, JSON.stringify(body))
      return await ended(body.added[0]?.id ?? assert.fail('no task'))
    },
    lines: async (id) =>
      (await send<{ readonly items: readonly TaskLogLine[] }>('GET', `/tasks/${id}/log`)).body.items,
    names: (address) => readdirSync(join(data, 'media', address)).sort(),
    fileId: (address, name) => String(library.media.filesOf(address).find((file) => file.name === name)?.id),
  }
}
