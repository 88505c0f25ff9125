// What a plugin has stored, piece by piece, from the server of "plugbay dev".

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Page } from '../../../../sdk/api/lists.ts'
import type {
  StoredFile,
  StoredKey,
  StoredRows,
  StoredTable,
  StoredValue,
  ValueChange,
} from '../../../../sdk/api/storage.ts'
import { apiUrl, send } from './client.ts'

/** Of everything here, by plugin. */
export function storageKey(id: string) {
  return ['storage', id] as const
}

export function keysQuery(id: string, prefix: string) {
  return infiniteQueryOptions({
    queryKey: [...storageKey(id), 'keys', prefix],
    queryFn: ({ pageParam, signal }) =>
      send<Page<StoredKey>>(listPath(id, 'keys', { prefix, cursor: pageParam }), { signal }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

export function filesQuery(id: string, prefix: string) {
  return infiniteQueryOptions({
    queryKey: [...storageKey(id), 'files', prefix],
    queryFn: ({ pageParam, signal }) =>
      send<Page<StoredFile>>(listPath(id, 'files', { prefix, cursor: pageParam }), { signal }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

export function valueQuery(id: string, key: string) {
  return queryOptions({
    queryKey: [...storageKey(id), 'value', key],
    queryFn: ({ signal }) => send<StoredValue>(keyPath(id, 'value', key), { signal }),
    gcTime: 0,
    // A text that is being edited must not be replaced by a newer one.
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
}

export function tablesQuery(id: string) {
  return queryOptions({
    queryKey: [...storageKey(id), 'tables'],
    queryFn: async ({ signal }) => (await send<Page<StoredTable>>(`${path(id)}/tables`, { signal })).items,
  })
}

export function rowsQuery(id: string, table: string) {
  return infiniteQueryOptions({
    queryKey: [...storageKey(id), 'rows', table],
    queryFn: ({ pageParam, signal }) =>
      send<StoredRows>(`${path(id)}/rows?${new URLSearchParams({ table, offset: String(pageParam) })}`, {
        signal,
      }),
    initialPageParam: 0,
    getNextPageParam: ({ nextOffset }) => nextOffset,
  })
}

export function putValue(id: string, change: ValueChange): Promise<StoredValue> {
  return send(`${path(id)}/value`, { method: 'PUT', json: change })
}

export function removeStored(id: string, what: 'value' | 'file', key: string): Promise<void> {
  return send(keyPath(id, what, key), { method: 'DELETE' })
}

export function fileUrl(id: string, key: string): string {
  return apiUrl(keyPath(id, 'file', key))
}

function path(id: string): string {
  return `plugins/${encodeURIComponent(id)}/storage`
}

function keyPath(id: string, what: 'value' | 'file', key: string): string {
  return `${path(id)}/${what}?${new URLSearchParams({ key })}`
}

function listPath(
  id: string,
  what: 'keys' | 'files',
  { prefix, cursor }: { readonly prefix: string; readonly cursor: string },
): string {
  const query = new URLSearchParams({ ...(prefix !== '' && { prefix }), ...(cursor !== '' && { cursor }) })
  return `${path(id)}/${what}?${query}`
}
