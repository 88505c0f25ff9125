// Holds every answer of the admin API against the document of its routes.
// Invariant: an answer that passes has a documented status and media type, and its body is valid against the shape.

import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { openApiDocument } from '../../runtime/http/api/openapi.ts'
import { apiRoutes } from '../../runtime/http/api/routes.ts'

interface Asked {
  readonly method: string
  /** Below the API: "/plugins/hello", with or without a query. */
  readonly path: string
}

type Json = Readonly<Record<string, unknown>>

const ERROR = 'application/problem+json'

class Contract {
  readonly #document = openApiDocument(apiRoutes('0.0.0'), '0.0.0')
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true })
  readonly #validators = new Map<string, ValidateFunction>()
  readonly #paths: readonly (readonly [RegExp, string])[]

  constructor() {
    addFormats.default(this.#ajv)
    this.#ajv.addSchema({ $id: 'api:document', ...this.#document })
    this.#paths = Object.keys(this.#document.paths as Json).map((path) => [
      new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
      path,
    ])
  }

  /** The same answer, once its status, type and body have been found to be as documented. Streams and files are not read. */
  async answer(asked: Asked, response: Response): Promise<Response> {
    const label = `${asked.method} ${asked.path}: ${response.status}`
    const operation = this.#operation(asked)
    const spec = operation === undefined ? undefined : this.#responseOf(operation, response.status)
    if (response.status >= 400) return await this.#error(label, response)
    if (asked.method === 'OPTIONS') return response
    assert.ok(spec, `${label} is not documented`)
    const content = this.#at(spec).content as Json | undefined
    const type = mediaType(response)
    if (content === undefined) {
      assert.equal(await response.clone().text(), '', `${label} has a body`)
      return response
    }
    assert.ok(type in content, `${label} is documented, but not as "${type}"`)
    if (type !== 'application/json' || asked.method === 'HEAD') return response
    const text = await response.text()
    this.#validate([...spec, 'content', type, 'schema'], JSON.parse(text), label)
    return again(response, text)
  }

  /** Asserts that an event of a stream has a documented name, and data of its shape. */
  event(asked: Asked, event: { readonly event: string; readonly data: unknown }): void {
    const label = `${asked.method} ${asked.path}, event "${event.event}"`
    const operation = this.#operation(asked)
    assert.ok(operation, label)
    const events = [...operation, 'responses', '200', 'content', 'text/event-stream', 'x-events']
    assert.ok(event.event in this.#at(events), `${label} is not documented`)
    this.#validate([...events, event.event], event.data, label)
  }

  async #error(label: string, response: Response): Promise<Response> {
    const text = await response.text()
    // A HEAD has none.
    if (text === '') return again(response, null)
    assert.equal(mediaType(response), ERROR, `${label} is an error of another kind`)
    const body = JSON.parse(text)
    this.#validate(['components', 'schemas', 'ProblemDocument'], body, label)
    assert.equal(body.status, response.status, label)
    return again(response, text)
  }

  /** Where the operation stands in the document; undefined for a path or method that it does not have. */
  #operation({ method, path }: Asked): readonly string[] | undefined {
    const [bare = ''] = path.split('?')
    // A path with a name in it is meant before one with a parameter.
    const exact = this.#paths.find(([, known]) => known === bare)
    const found = (exact ?? this.#paths.find(([form]) => form.test(bare)))?.[1]
    if (found === undefined) return undefined
    const operation = ['paths', found, method === 'HEAD' ? 'get' : method.toLowerCase()]
    return this.#at(operation) === undefined ? undefined : operation
  }

  #responseOf(operation: readonly string[], status: number): readonly string[] | undefined {
    const spec = [...operation, 'responses', String(status)]
    return this.#at(spec) === undefined ? undefined : spec
  }

  #at(steps: readonly string[]): Json {
    return steps.reduce<unknown>((value, step) => (value as Json)[step], this.#document) as Json
  }

  #validate(steps: readonly string[], value: unknown, label: string): void {
    const pointer = steps
      .map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/')
    let validate = this.#validators.get(pointer)
    if (validate === undefined) {
      validate = this.#ajv.compile({ $ref: `api:document#/${pointer}` })
      this.#validators.set(pointer, validate)
    }
    const isValid = validate(value)
    assert.ok(isValid, `${label}: ${this.#ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`)
  }
}

function mediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
}

/** An answer whose body has been read. */
function again({ status, headers }: Response, body: string | null): Response {
  return new Response(body, { status, headers })
}

export const contract = new Contract()
