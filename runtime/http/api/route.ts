// One route of the admin API as data: the document, validation and permission check are derived from it.
// Input and output of a route are shapes of sdk/api; a handler that returns another type does not compile.
// Invariant: a route without a permission says so (`anyone`); there is no default.

import type { Actor } from '../../../plugin-store/store.ts'
import { Nothing, type TypeOf } from '../../../sdk/api/shape.ts'
import type { TSchema, Type } from '../../../sdk/schema.ts'
import type { ErrorCode } from '../../errors.ts'
import type { Unsubscribe } from '../../lifecycle/plugins.ts'
import type { Principal } from '../../permissions/principal.ts'
import type { EventStreams } from './event-stream.ts'
import type { ApiServices } from './services.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface ResponseSpec {
  readonly description: string
  readonly schema?: TSchema
  /** Also, or only, as a stream of server-sent events; each event name with the schema of its data. */
  readonly events?: Readonly<Record<string, TSchema>>
  /** A body other than JSON, by its media type. */
  readonly media?: string
  /** Response headers with their descriptions. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface RouteInput<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly request: Request
  /** The requested path, base path included. */
  readonly path: string
  /** Null on public routes without a sign-in. */
  readonly principal: Principal | null
  /** Name of the principal, for the audit log. */
  readonly actor: Actor
  readonly peer: string | undefined
  /** Whether the principal still has the permission of the route: checked again while a stream is open. */
  readonly stillAllowed: () => Promise<boolean>
  /** Calls the listener once when what the principal rests on has ended: an open answer must end then. */
  readonly onEnded: (listener: () => void) => Unsubscribe
  readonly streams: EventStreams
  readonly services: ApiServices
}

interface ReplyFacts<Status> {
  readonly status: Status
  readonly headers?: Readonly<Record<string, string>>
}

/** A response with one of the route's statuses, and the body for this status. */
type ReplyOf<Responses> = {
  readonly [Status in keyof Responses]: ReplyFacts<Status> &
    (Responses[Status] extends { readonly schema: infer Shape extends TSchema }
      ? { readonly json: TypeOf<Shape> }
      : { readonly json?: undefined })
}[keyof Responses]

export type Reply = Response | (ReplyFacts<number> & { readonly json?: unknown })

type Responses = Readonly<Record<number, ResponseSpec>>

interface RouteFacts {
  readonly method: Method
  /** In the form of Hono: "/plugins/:id". */
  readonly path: string
  /** Name of the operation in generated clients. */
  readonly operationId: string
  readonly summary: string
  readonly tag: string
  /** A permission string; `signed-in` for every principal; `anyone`; `visitor`: anyone, and the handler learns who it is. */
  readonly permission: string
  /** `package`: a zip, raw or in a form; otherwise the media type of a raw body. The handler reads it. */
  readonly upload?: 'package' | `application/vnd.${string}`
  /** Whether the body is optional; without one it counts as `{}`. */
  readonly bodyOptional?: boolean
  readonly responses: Responses
  /** Error codes specific to this route, for the document. */
  readonly errors?: readonly ErrorCode[]
}

interface RouteSpec<
  P extends Type.TProperties,
  Q extends Type.TProperties,
  B extends TSchema,
  R extends Responses,
> extends RouteFacts {
  readonly params?: Type.TObject<P>
  readonly query?: Type.TObject<Q>
  readonly body?: B
  readonly responses: R
  handle(
    input: RouteInput<TypeOf<Type.TObject<P>>, TypeOf<Type.TObject<Q>>, TypeOf<B>>,
  ): Promise<Response | ReplyOf<NoInfer<R>>>
}

export interface Route extends RouteFacts {
  readonly params: Type.TObject
  readonly query: Type.TObject
  readonly body: TSchema | undefined
  /** The input has been validated against the three schemas. */
  handle(input: RouteInput): Promise<Reply>
}

/** Erases the types of input and output after they have been checked against the handler. */
export function defineRoute<
  R extends Responses,
  P extends Type.TProperties = Record<never, never>,
  Q extends Type.TProperties = Record<never, never>,
  B extends TSchema = TSchema,
>(spec: RouteSpec<P, Q, B, R>): Route {
  return {
    ...spec,
    params: spec.params ?? Nothing,
    query: spec.query ?? Nothing,
    body: spec.body,
    handle: spec.handle as Route['handle'],
  }
}
