// What zod makes of good and bad input.

import assert from 'node:assert/strict'
import type { Program, ProgramClient } from '../program.ts'

const ORDER = {
  id: '0190a0f0-5b7e-7cc0-8d43-9c8a3b6f0e11',
  email: 'ada@example.org',
  placed: '2026-03-01T10:00:00Z',
  lines: [{ name: ' tea ', count: '2' }],
  payment: { kind: 'card', last4: '4242' },
}

async function post(client: ProgramClient, path: string, body: unknown): Promise<[number, unknown]> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await client.fetch(path, { method: 'POST', body: text })
  const type = response.headers.get('content-type') ?? ''
  return [response.status, type.includes('json') ? await response.json() : await response.text()]
}

export const program: Program = {
  packages: ['zod'],
  carried: ['zod'],
  checks: {
    async 'what is valid is parsed, with defaults, coercions and transforms'(client) {
      assert.deepEqual(await post(client, '/order', ORDER), [
        200,
        {
          ...ORDER,
          placed: '2026-03-01T10:00:00.000Z',
          lines: [{ name: 'tea', count: 2 }],
          tags: {},
          year: 2026,
        },
      ])
    },

    async 'every mistake is named at its place'(client) {
      const [status, errors] = await post(client, '/order', {
        ...ORDER,
        email: 'ada',
        lines: [],
        payment: { kind: 'cash' },
        surprise: 1,
      })
      assert.equal(status, 400)
      const { formErrors, fieldErrors } = errors as {
        formErrors: string[]
        fieldErrors: Record<string, string[]>
      }
      assert.deepEqual(formErrors, ['Unrecognized key: "surprise"'])
      assert.deepEqual(Object.keys(fieldErrors).sort(), ['email', 'lines', 'payment'])
      assert.deepEqual(fieldErrors.email, ['Invalid email address'])
    },

    async 'asynchronous checks are awaited, recursive types are followed'(client) {
      assert.deepEqual(await post(client, '/name', 'new'), [200, 'free'])
      assert.deepEqual(await post(client, '/name', 'taken'), [409, '✖ the name is taken'])
      const tree = (leaf: unknown) => ({ name: 'a', children: [{ name: 'b', children: [leaf] }] })
      assert.deepEqual(await post(client, '/tree', tree({ name: 'c', children: [] })), [200, true])
      assert.deepEqual(await post(client, '/tree', tree({ name: 3, children: [] })), [200, false])
    },

    async 'a schema is given as JSON Schema, and errors keep their class'(client) {
      assert.partialDeepStrictEqual(await post(client, '/schema', ''), [
        200,
        { type: 'object', required: ['amount', 'currency'], additionalProperties: false },
      ])
      assert.deepEqual(await post(client, '/throws', ''), [200, [true, true, 2]])
    },
  },
}
