// The OpenAPI 3.1 document of the admin API, generated from the routes.
// Invariant: the document describes exactly the routes.

import { PACKAGE_TYPE } from '../../../sdk/api/media-types.ts'
import { NAMED_SHAPES } from '../../../sdk/api/named-shapes.ts'
import { toPlainJson } from '../../../sdk/schema.ts'
import { ERROR_CODES, type ErrorCode } from '../../errors.ts'
import type { ResponseSpec, Route } from './route.ts'

export type OpenApiDocument = Readonly<Record<string, unknown>>

/** @param version of Plugbay */
export function openApiDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = route.path.replace(/:([A-Za-z]+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return toPlainJson({
    openapi: '3.1.0',
    info: { title: 'Plugbay admin API', version, license: { name: 'MIT', identifier: 'MIT' } },
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(NAMED_SHAPES).map(([name, schema]) => [name, named(schema, schema)]),
      ),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token: "pbt_…"' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'plugbay-session',
          description:
            'Set by POST /session; "__Host-plugbay-session" on https. Changes need the Origin of the server as well',
        },
      },
    },
  })
}

function operationOf(route: Route): Record<string, unknown> {
  const body = requestBody(route)
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.tag],
    security:
      route.permission === 'anyone'
        ? []
        : route.permission === 'visitor'
          ? [{}, { token: [] }, { session: [] }]
          : [{ token: [] }, { session: [] }],
    'x-permission': route.permission,
    parameters: [...parametersOf(route, 'path'), ...parametersOf(route, 'query')],
    ...(body === undefined ? {} : { requestBody: body }),
    responses: responsesOf(route),
  }
}

function parametersOf(route: Route, place: 'path' | 'query'): readonly unknown[] {
  const schema = place === 'path' ? route.params : route.query
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    in: place,
    required: (schema.required ?? []).includes(name),
    schema: named(property),
  }))
}

function requestBody(route: Route): unknown {
  if (route.upload !== undefined && route.upload !== 'package')
    return { required: true, content: { [route.upload]: {} } }
  if (route.upload !== undefined) {
    return {
      required: true,
      content: {
        [PACKAGE_TYPE]: {},
        'multipart/form-data': {
          schema: {
            type: 'object',
            required: [route.upload],
            properties: { [route.upload]: { type: 'string', contentMediaType: PACKAGE_TYPE } },
            additionalProperties: false,
          },
        },
      },
    }
  }
  if (route.body === undefined) return undefined
  return {
    required: route.bodyOptional !== true,
    content: { 'application/json': { schema: named(route.body) } },
  }
}

function responsesOf(route: Route): Record<string, unknown> {
  const responses: Record<string, unknown> = {}
  for (const [status, spec] of Object.entries(route.responses)) responses[status] = responseOf(spec)
  for (const [status, codes] of errorsByStatus(route.errors ?? [])) {
    responses[status] = problem(codes.map((code) => `${code}: ${ERROR_CODES[code].title}`).join('. '))
  }
  return { ...responses, default: problem('What went wrong') }
}

function responseOf(spec: ResponseSpec): unknown {
  const content = {
    ...(spec.schema === undefined ? {} : { 'application/json': { schema: named(spec.schema) } }),
    ...(spec.media === undefined ? {} : { [spec.media]: {} }),
    ...(spec.events === undefined
      ? {}
      : { 'text/event-stream': { schema: { type: 'string' }, 'x-events': named(spec.events) } }),
  }
  const headers = Object.entries(spec.headers ?? {}).map(([name, description]) => {
    return [name, { description, schema: { type: 'string' } }]
  })
  return {
    description: spec.description,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(Object.keys(content).length === 0 ? {} : { content }),
  }
}

function problem(description: string): unknown {
  const schema = named(NAMED_SHAPES.ProblemDocument)
  return { description, content: { 'application/problem+json': { schema } } }
}

function errorsByStatus(codes: readonly ErrorCode[]): ReadonlyMap<number, readonly ErrorCode[]> {
  return Map.groupBy(codes, (code) => ERROR_CODES[code].status)
}

const NAMES: ReadonlyMap<unknown, string> = new Map(
  Object.entries(NAMED_SHAPES).map(([name, schema]) => [schema, name]),
)

/** A schema with references to the named shapes; `whole` is the one to write out. */
function named(schema: unknown, whole?: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map((each) => named(each))
  const name = schema === whole ? undefined : NAMES.get(schema)
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, named(value)]))
}
