// Checks answers of the admin API against the document that it publishes.

import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { ApiServer } from './api-server.ts'

export interface Documented {
  /** Asserts that the answer is as the document says, and returns its JSON. */
  check(response: Response, operation: string): Promise<unknown>
}

export async function readDocument(api: ApiServer): Promise<Documented> {
  const document = await (await api.request('/api/v1/openapi.json')).json()
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'api:document', ...document })
  return {
    async check(response, operation) {
      const [method = '', path = ''] = operation.split(' ')
      const spec = document.paths[path]?.[method.toLowerCase()]?.responses?.[String(response.status)]
      assert.ok(spec, `${operation} does not document ${response.status}`)
      const text = await response.text()
      if (spec.content === undefined) {
        assert.equal(text, '', operation)
        return undefined
      }
      const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
      assert.ok(type in spec.content, `${operation} does not document ${type}`)
      const steps = [
        'paths',
        path,
        method.toLowerCase(),
        'responses',
        String(response.status),
        'content',
        type,
        'schema',
      ]
      const pointer = steps
        .map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')))
        .join('/')
      const validate = ajv.compile({ $ref: `api:document#/${pointer}` })
      const value: unknown = JSON.parse(text)
      assert.ok(validate(value), `${operation}: ${ajv.errorsText(validate.errors)}\n${text}`)
      return value
    },
  }
}
