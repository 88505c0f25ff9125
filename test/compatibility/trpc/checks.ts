// What a tRPC router does for clients that speak its protocol.

import assert from 'node:assert/strict'
import type { Program, ProgramClient } from '../program.ts'

interface Envelope {
  readonly result?: { readonly data: unknown }
  readonly error?: {
    readonly message: string
    readonly data: { readonly code: string; readonly httpStatus: number }
  }
}

async function query(client: ProgramClient, path: string, input?: unknown): Promise<[number, Envelope]> {
  const search = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`
  const response = await client.fetch(`/trpc/${path}${search}`)
  return [response.status, (await response.json()) as Envelope]
}

async function mutate(
  client: ProgramClient,
  path: string,
  input: unknown,
  key = '',
): Promise<[number, Envelope]> {
  const headers = { 'content-type': 'application/json', 'x-key': key }
  const body = JSON.stringify(input)
  const response = await client.fetch(`/trpc/${path}`, { method: 'POST', headers, body })
  return [response.status, (await response.json()) as Envelope]
}

export const program: Program = {
  packages: ['@trpc/server', 'zod'],
  checks: {
    async 'queries and mutations answer, with context and middleware'(client) {
      assert.deepEqual(await query(client, 'hello', { name: 'Ada' }), [
        200,
        { result: { data: 'hello Ada' } },
      ])
      assert.equal((await mutate(client, 'notes.add', 'tea'))[0], 401)
      assert.deepEqual(await mutate(client, 'notes.add', ' tea ', 'k'), [
        200,
        { result: { data: { count: 1, by: 'ada' } } },
      ])
      assert.deepEqual(await query(client, 'notes.list'), [200, { result: { data: ['tea'] } }])
    },

    async 'an input that zod refuses is 400, with what zod says'(client) {
      const [status, { error }] = await query(client, 'hello', { name: '' })
      assert.deepEqual([status, error?.data.code, error?.data.httpStatus], [400, 'BAD_REQUEST', 400])
      assert.match(error?.message ?? '', /"path":\s*\[\s*"name"\s*\]/)
      assert.equal((await query(client, 'nothing'))[0], 404)
      assert.equal((await mutate(client, 'hello', { name: 'x' }))[0], 405)
    },

    async 'a batch answers each call, in one body or line by line'(client) {
      const input = encodeURIComponent(JSON.stringify({ 0: { name: 'a' }, 1: { name: '' } }))
      const both = await client.fetch(`/trpc/hello,hello,later?batch=1&input=${input}`)
      assert.equal(both.status, 207)
      const [first, second, third] = (await both.json()) as Envelope[]
      assert.deepEqual(
        [first?.result?.data, second?.error?.data.code, third?.result?.data],
        ['hello a', 'BAD_REQUEST', 'later'],
      )
      const lines = await client.fetch(`/trpc/hello,later?batch=1&input=${input}`, {
        headers: { 'trpc-accept': 'application/jsonl' },
      })
      const values = (await lines.text()).trim().split('\n')
      assert.ok(values.length > 2, 'more than one line')
      assert.match(values.join('\n'), /hello a/)
      assert.match(values.join('\n'), /later/)
    },

    async 'a failure has its code, and is told to onError'(client) {
      const [status, { error }] = await query(client, 'fails')
      assert.deepEqual([status, error?.data.code], [500, 'INTERNAL_SERVER_ERROR'])
      await client.logged(/^fails: INTERNAL_SERVER_ERROR$/)
    },

    async 'a subscription is an event stream, which ends with its reader'({ events, logged }) {
      const source = events(`/trpc/count?input=${encodeURIComponent('{"to":2}')}`, ['connected'])
      assert.equal((await source.next()).type, 'connected')
      assert.deepEqual(await source.next(), { type: 'message', data: '{"n":1}', id: '1' })
      assert.deepEqual(await source.next(), { type: 'message', data: '{"n":2}', id: '2' })
      source.close()
      await logged(/^nobody counts$/)
    },
  },
}
