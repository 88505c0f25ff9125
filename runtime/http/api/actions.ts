// Actions of plugins, for the pages of the application: offered to users, checked and run on their behalf.

import {
  ActionAnswer,
  ActionCall,
  ActionParams,
  Actions,
  ActionsQuery,
  CheckedAction,
  ContextParams,
  ObjectChoices,
} from '../../../sdk/api/actions.ts'
import type { ActionRequest } from '../../actions/actions.ts'
import type { ErrorCode } from '../../errors.ts'
import { languageOf } from './in-language.ts'
import { defineRoute, type RouteInput } from './route.ts'

const ONE = {
  method: 'POST',
  tag: 'actions',
  permission: 'signed-in',
  params: ActionParams,
  body: ActionCall,
} as const
const REFUSALS: readonly ErrorCode[] = [
  'ACTION_UNKNOWN',
  'OBJECT_UNKNOWN',
  'ARGUMENTS_INVALID',
  'PLUGIN_UNAVAILABLE',
  'GUEST_ERROR',
  'GUEST_DEADLINE',
]

export const actionRoutes = [
  defineRoute({
    method: 'GET',
    path: '/actions',
    tag: 'actions',
    operationId: 'listActions',
    summary: 'The actions that you may run on an object, in order, with the reason where one is not ready',
    permission: 'signed-in',
    query: ActionsQuery,
    responses: { 200: { description: 'All of them, on one page', schema: Actions } },
    errors: ['POINT_UNKNOWN', 'OBJECT_UNKNOWN'],
    async handle(input) {
      const { context, object: objectId, language } = input.query
      const items = await input.services.actions.list({
        ...askerOf(input, language),
        objectId,
        ...(context !== undefined && { context }),
      })
      return { status: 200, json: { items: [...items], nextCursor: null } }
    },
  }),
  defineRoute({
    ...ONE,
    path: '/actions/:plugin/:action/check',
    operationId: 'checkAction',
    summary: 'Check arguments of an action, without running it',
    responses: { 200: { description: 'The arguments are fine', schema: CheckedAction } },
    errors: REFUSALS,
    async handle(input) {
      const args = await input.services.actions.check(requestOf(input))
      return { status: 200, json: { arguments: { ...args } } }
    },
  }),
  defineRoute({
    ...ONE,
    path: '/actions/:plugin/:action/run',
    operationId: 'runAction',
    summary: 'Run an action',
    responses: { 200: { description: 'It was run', schema: ActionAnswer } },
    errors: [...REFUSALS, 'ACTION_NOT_READY'],
    async handle(input) {
      const { message, added, skipped } = await input.services.actions.run(requestOf(input))
      return { status: 200, json: { message, added: [...added], skipped: [...skipped] } }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/contexts/:context/objects',
    tag: 'actions',
    operationId: 'listObjects',
    summary: 'The objects of a context that you can choose from in arguments',
    permission: 'signed-in',
    params: ContextParams,
    responses: { 200: { description: 'All of them, on one page', schema: ObjectChoices } },
    errors: ['POINT_UNKNOWN'],
    async handle({ params, principal, services }) {
      const items = await services.actions.choices(params.context, userOf(principal))
      return { status: 200, json: { items: [...items], nextCursor: null } }
    },
  }),
]

function requestOf(
  input: RouteInput<
    { readonly plugin: string; readonly action: string },
    unknown,
    { readonly object?: string; readonly arguments?: Readonly<Record<string, unknown>> }
  >,
): ActionRequest {
  const { params, body } = input
  return { ...askerOf(input), ...params, objectId: body.object, args: body.arguments ?? {} }
}

function askerOf(input: RouteInput, language?: string) {
  const { principal, request } = input
  return { user: userOf(principal), language: languageOf(input, language), signal: request.signal }
}

function userOf(principal: RouteInput['principal']) {
  return principal === null ? null : { name: principal.name, permissions: principal.permissions }
}
