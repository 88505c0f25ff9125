// The admin API as a Hono app: authentication, permission, validation, then the handler of the route.
// Invariant: no handler runs before name, credential, origin, permission and input have been checked, in this order.

import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import type { Actor } from '../../../plugin-store/store.ts'
import { PlugbayError } from '../../errors.ts'
import { authorize } from '../../permissions/authorize.ts'
import type { Principal } from '../../permissions/principal.ts'
import { type Identity, tokenOf, userOf } from '../identity/authenticate.ts'
import { isOfProgram, requireOwnName, requireOwnOrigin } from '../identity/origin-guard.ts'
import { readSessionCookie } from '../identity/session-cookie.ts'
import { logFailure, problemResponse, toPlugbayError } from '../server/problem.ts'
import { peerOf } from '../server/request-source.ts'
import { createEventStreams, DEFAULT_STREAM_LIMITS, type EventStreams } from './event-stream.ts'
import { PrincipalSlots } from './principal-slots.ts'
import { readJson } from './read-json.ts'
import type { Reply, Route, RouteInput } from './route.ts'
import { apiRoutes } from './routes.ts'
import type { ApiServices } from './services.ts'
import { type RouteValidator, routeValidator } from './validation.ts'

interface ApiEnv {
  Variables: { requestId: string; identity: Identity | null }
}

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** The admin API, to be mounted at "/api/v1" with `app.route`. It holds nothing that must be closed. */
export function createApi(services: ApiServices): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>()
  const streams = createEventStreams({ ...DEFAULT_STREAM_LIMITS, ...services.streams }, services.ending)
  const uploads = new PrincipalSlots(services.config.http.maxUploads, 'TOO_MANY_UPLOADS')
  const routes = apiRoutes(services.version)
  const { shell } = services

  app.onError((error, c) => {
    const known = toPlugbayError(error)
    const requestId = c.get('requestId')
    logFailure(services.log, known, requestId)
    return problemResponse(known, { detailed: c.get('identity') !== null, requestId, shell })
  })

  app.use(async (c, next) => {
    c.set('requestId', randomUUID())
    c.set('identity', null)
    await next()
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!c.res.headers.has(name)) c.res.headers.set(name, value)
    }
    c.res.headers.set('x-request-id', c.get('requestId'))
  })

  app.use(async (c, next) => {
    requireOwnName(c.req.raw, services.config)
    await next()
  })

  for (const route of routes) {
    const parts: RouteParts = { route, services, streams, uploads, validator: routeValidator(route) }
    app.on(route.method, route.path, (c) => answer(c, parts))
  }
  for (const [path, allow] of allowedMethods(routes)) {
    app.all(path, (c) => {
      if (c.req.method === 'OPTIONS') return c.body(null, 204, { allow })
      const error = new PlugbayError('METHOD_NOT_ALLOWED')
      return problemResponse(error, {
        detailed: false,
        requestId: c.get('requestId'),
        shell,
        headers: { allow },
      })
    })
  }
  app.all('*', () => {
    throw new PlugbayError('NOT_FOUND')
  })
  return app
}

interface RouteParts {
  readonly route: Route
  readonly services: ApiServices
  readonly streams: EventStreams
  readonly uploads: PrincipalSlots
  readonly validator: RouteValidator
}

async function answer(c: Context<ApiEnv>, parts: RouteParts): Promise<Response> {
  const { route, services, streams, uploads, validator } = parts
  const request = c.req.raw
  const peer = peerOf(c.env)
  const identity = await admit(request, peer, parts)
  c.set('identity', identity)
  if (isUnsafe(route)) requireNoForgery(request, identity, services)
  permit(identity, route)
  const params = validator.params(c.req.param())
  const query = validator.query(new URL(request.url).searchParams)
  const takesJson = isUnsafe(route) && route.upload === undefined
  const body = takesJson ? validator.body(await readJson(request)) : undefined
  const principal = identity?.principal ?? null
  const giveBack = route.upload === undefined ? undefined : uploads.take(principal)
  const input: RouteInput = {
    params,
    query,
    body,
    request,
    path: c.req.path,
    principal,
    actor: actorOf(principal),
    peer,
    stillAllowed: async () => {
      permit(await admit(request, peer, parts), route)
      return true
    },
    onEnded: (listener) => services.revocations.watch(principal ?? {}, listener),
    streams,
    services,
  }
  try {
    return toResponse(await route.handle(input))
  } finally {
    giveBack?.()
  }
}

/** Public routes ignore credentials: a wrong one does not prevent signing in. */
async function admit(
  request: Request,
  peer: string | undefined,
  parts: RouteParts,
): Promise<Identity | null> {
  const { authenticator } = parts.services
  const { permission } = parts.route
  if (permission === 'anyone') return null
  return permission === 'visitor'
    ? authenticator.onPage(request, peer)
    : authenticator.identify(request, peer)
}

function permit(identity: Identity | null, route: Route): void {
  if (route.permission === 'anyone' || route.permission === 'visitor') return
  if (identity === null) throw new PlugbayError('UNAUTHENTICATED')
  if (route.permission !== 'signed-in') authorize(identity.principal, route.permission)
}

/** For the audit log: with the token or the user that the principal rests on, if any. */
function actorOf(principal: Principal | null): Actor {
  if (principal === null) return 'anonymous'
  const { name, basis } = principal
  const token = tokenOf(basis)
  if (token !== undefined) return { name, token }
  const user = userOf(basis)
  return user === undefined ? name : { name, user }
}

function isUnsafe(route: Route): boolean {
  return route.method !== 'GET'
}

/** A browser never sends a token in a header by itself; every other credential it may, but then it says where it is. */
function requireNoForgery(request: Request, identity: Identity | null, { config }: ApiServices): void {
  if (identity?.by === 'token' || (identity?.by === 'application' && isOfProgram(request))) return
  const hasCookie = identity !== null || readSessionCookie(request, config) !== undefined
  requireOwnOrigin(request, config, hasCookie ? 'always' : 'if-present')
}

function toResponse(reply: Reply): Response {
  if (reply instanceof Response) return reply
  const headers = new Headers(reply.headers)
  if (reply.json === undefined) return new Response(null, { status: reply.status, headers })
  headers.set('content-type', 'application/json; charset=utf-8')
  return new Response(JSON.stringify(reply.json), { status: reply.status, headers })
}

function allowedMethods(routes: readonly Route[]): ReadonlyMap<string, string> {
  const paths = Map.groupBy(routes, (route) => route.path)
  return new Map(
    [...paths].map(([path, group]) => {
      const methods = group
        .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
        .toSorted()
      return [path, [...methods, 'OPTIONS'].join(', ')]
    }),
  )
}
