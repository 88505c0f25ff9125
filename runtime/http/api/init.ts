// Setting the application up by the steps of plugins. Progress and log are those of the task.

import { InitRequest, InitSteps, StartedTask } from '../../../sdk/api/init.ts'
import { defineRoute } from './route.ts'

const PATH = { path: '/init', tag: 'init' } as const

export const initRoutes = [
  defineRoute({
    ...PATH,
    method: 'GET',
    operationId: 'listInitSteps',
    summary: 'The steps of plugins that set the application up, and which have run',
    permission: 'plugins.view',
    responses: { 200: { description: 'All steps, on one page', schema: InitSteps } },
    async handle({ services }) {
      return { status: 200, json: { items: [...(await services.init.list())], nextCursor: null } }
    },
  }),
  defineRoute({
    ...PATH,
    method: 'POST',
    operationId: 'startInit',
    summary: 'Run the steps that have not run for their release, or those of one plugin',
    permission: 'plugins.manage',
    body: InitRequest,
    bodyOptional: true,
    responses: { 202: { description: 'The task has been scheduled', schema: StartedTask } },
    errors: ['PLUGIN_UNKNOWN'],
    async handle({ body, actor, services }) {
      const name = typeof actor === 'string' ? actor : actor.name
      return { status: 202, json: { id: await services.init.start(body, { kind: 'user', name }, actor) } }
    },
  }),
]
