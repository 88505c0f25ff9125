// What a plugin has stored, piece by piece, on the server of "plugbay dev". Other servers answer 404: there, data leaves as a whole
// (data.ts), and only the plugin changes it.

import type { Actor } from '../../../plugin-store/store.ts'
import { listOf } from '../../../sdk/api/lists.ts'
import { PluginParams } from '../../../sdk/api/plugins.ts'
import {
  KeyQuery,
  RowQuery,
  StorageQuery,
  StoredFile,
  StoredKey,
  StoredRows,
  StoredTable,
  StoredValue,
  ValueChange,
} from '../../../sdk/api/storage.ts'
import type { PluginStorage } from '../../data/plugin-storage.ts'
import { PlugbayError } from '../../errors.ts'
import { defineRoute, type RouteInput } from './route.ts'
import type { ApiServices } from './services.ts'
import { streamedBody } from './streamed-body.ts'

const COMMON = { tag: 'development', permission: 'plugins.manage', params: PluginParams } as const
const ERRORS = ['PLUGIN_UNKNOWN', 'NOT_FOUND', 'HOST_CALL_INVALID', 'HOST_CALL_FAILED'] as const

export const storageRoutes = [
  defineRoute({
    ...COMMON,
    method: 'GET',
    path: '/plugins/:id/storage/keys',
    operationId: 'listStoredKeys',
    summary: 'The keys of a plugin in development, by name',
    query: StorageQuery,
    responses: { 200: { description: 'A page of keys', schema: listOf(StoredKey) } },
    errors: ERRORS,
    async handle({ params, query, services }) {
      const storage = await storageOf(params.id, services)
      const { items, nextCursor } = await storage.keys(params.id, query)
      return { status: 200, json: { items: [...items], nextCursor } }
    },
  }),
  defineRoute({
    ...COMMON,
    method: 'GET',
    path: '/plugins/:id/storage/value',
    operationId: 'getStoredValue',
    summary: 'The value of a key',
    query: KeyQuery,
    responses: { 200: { description: 'The value', schema: StoredValue } },
    errors: ERRORS,
    async handle({ params, query, services }) {
      const storage = await storageOf(params.id, services)
      return { status: 200, json: await storage.value(params.id, query.key) }
    },
  }),
  defineRoute({
    ...COMMON,
    method: 'PUT',
    path: '/plugins/:id/storage/value',
    operationId: 'setStoredValue',
    summary: 'Store a text under a key, in the place of a version or under a new key',
    body: ValueChange,
    responses: { 200: { description: 'As it is stored now', schema: StoredValue } },
    errors: [...ERRORS, 'STATE_CONFLICT', 'QUOTA_EXCEEDED'],
    async handle({ params, body, actor, services }) {
      const storage = await storageOf(params.id, services)
      const json = await storage.change(params.id, body)
      await note(services, { id: params.id, actor, action: 'storage.set', key: body.key })
      return { status: 200, json }
    },
  }),
  defineRoute({
    ...COMMON,
    method: 'DELETE',
    path: '/plugins/:id/storage/value',
    operationId: 'deleteStoredValue',
    summary: 'Delete a key',
    query: KeyQuery,
    responses: { 204: { description: 'It is not there' } },
    errors: ERRORS,
    async handle({ params, query, actor, services }) {
      const storage = await storageOf(params.id, services)
      await storage.remove(params.id, query.key)
      await note(services, { id: params.id, actor, action: 'storage.delete', key: query.key })
      return { status: 204 }
    },
  }),
  defineRoute({
    ...COMMON,
    method: 'GET',
    path: '/plugins/:id/storage/tables',
    operationId: 'listStoredTables',
    summary: 'The tables and views in the database of a plugin in development',
    responses: { 200: { description: 'The first thousand, by name', schema: listOf(StoredTable) } },
    errors: [...ERRORS, 'DATABASE_ERROR'],
    async handle({ params, services }) {
      const storage = await storageOf(params.id, services)
      return { status: 200, json: { items: [...(await storage.tables(params.id))], nextCursor: null } }
    },
  }),
  defineRoute({
    ...COMMON,
    method: 'GET',
    path: '/plugins/:id/storage/rows',
    operationId: 'listStoredRows',
    summary: 'Rows of a table or a view',
    query: RowQuery,
    responses: { 200: { description: 'In the order of the database', schema: StoredRows } },
    errors: [...ERRORS, 'DATABASE_ERROR', 'QUOTA_EXCEEDED'],
    async handle({ params, query, services }) {
      const storage = await storageOf(params.id, services)
      return { status: 200, json: await storage.rows(params.id, query) }
    },
  }),
  defineRoute({
    ...COMMON,
    method: 'GET',
    path: '/plugins/:id/storage/files',
    operationId: 'listStoredFiles',
    summary: 'The files of a plugin in development, by name',
    query: StorageQuery,
    responses: { 200: { description: 'A page of files', schema: listOf(StoredFile) } },
    errors: ERRORS,
    async handle({ params, query, services }) {
      const storage = await storageOf(params.id, services)
      const { items, nextCursor } = await storage.files(params.id, query)
      return { status: 200, json: { items: [...items], nextCursor } }
    },
  }),
  defineRoute({
    ...COMMON,
    method: 'GET',
    path: '/plugins/:id/storage/file',
    operationId: 'getStoredFile',
    summary: 'The content of a file, to be saved',
    query: KeyQuery,
    responses: { 200: { description: 'The bytes', media: 'application/octet-stream' } },
    errors: ERRORS,
    handle: download,
  }),
  defineRoute({
    ...COMMON,
    method: 'DELETE',
    path: '/plugins/:id/storage/file',
    operationId: 'deleteStoredFile',
    summary: 'Delete a file',
    query: KeyQuery,
    responses: { 204: { description: 'It is not there' } },
    errors: ERRORS,
    async handle({ params, query, actor, services }) {
      const storage = await storageOf(params.id, services)
      await storage.removeFile(params.id, query.key)
      await note(services, { id: params.id, actor, action: 'storage.delete', key: query.key })
      return { status: 204 }
    },
  }),
]

/** @throws PlugbayError PLUGIN_UNKNOWN, NOT_FOUND */
async function storageOf(
  id: string,
  { storage, plugins }: Pick<ApiServices, 'storage' | 'plugins'>,
): Promise<PluginStorage> {
  if (storage === undefined)
    throw new PlugbayError(
      'NOT_FOUND',
      'Only the server of "plugbay dev" shows pieces of what plugins have stored',
    )
  await plugins.get(id)
  return storage
}

interface Noted {
  readonly id: string
  readonly actor: Actor
  readonly action: 'storage.set' | 'storage.delete'
  readonly key: string
}

async function note({ store }: Pick<ApiServices, 'store'>, { id, actor, action, key }: Noted): Promise<void> {
  await store.audit.append(id, { actor, action, detail: { key } })
}

/** As a file to be saved: a page of the plugin's content would be one of this origin. */
async function download({
  params,
  query,
  request,
  services,
  onEnded,
}: RouteInput<{ readonly id: string }, { readonly key: string }>): Promise<Response> {
  const storage = await storageOf(params.id, services)
  const { bytes, content } = await storage.file(params.id, query.key)
  const name = query.key.split('/').at(-1) ?? ''
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(bytes),
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll(/['()*]/g, escaped)}`,
    'content-security-policy': "default-src 'none'; sandbox",
  }
  if (request.method === 'HEAD') {
    await content.close()
    return new Response(null, { headers })
  }
  const streamed = { chunks: content.pieces(), close: () => content.close() }
  return new Response(streamedBody(streamed, onEnded), { headers })
}

/** encodeURIComponent() leaves them. */
function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
