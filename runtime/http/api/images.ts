// Container images of plugins: listed, and built, pushed and pulled for an administrator, by tasks.

import { ImageRequest, ImageTasks, ImageView } from '../../../sdk/api/images.ts'
import { listOf } from '../../../sdk/api/lists.ts'
import type { ImageVerb } from '../../images/images.ts'
import { defineRoute } from './route.ts'

export const imageRoutes = [
  defineRoute({
    method: 'GET',
    path: '/images',
    operationId: 'listImages',
    summary: 'The container images of plugins',
    tag: 'images',
    permission: 'images.view',
    responses: { 200: { description: 'All of them, on one page', schema: listOf(ImageView) } },
    async handle({ services }) {
      return { status: 200, json: { items: await services.images.list(), nextCursor: null } }
    },
  }),
  verbRoute('build', 'buildImages', 'Build images from templates'),
  verbRoute('push', 'pushImages', 'Push images to their registries'),
  verbRoute('pull', 'pullImages', 'Pull images from their registries'),
]

function verbRoute(verb: ImageVerb, operationId: string, summary: string) {
  return defineRoute({
    method: 'POST',
    path: `/images/${verb}`,
    operationId,
    summary,
    tag: 'images',
    permission: 'images.manage',
    body: ImageRequest,
    responses: {
      202: { description: 'A task for each image: GET /api/v1/tasks/<id>/log', schema: ImageTasks },
    },
    errors: ['IMAGE_UNKNOWN', 'IMAGE_NOT_GRANTED', 'IMAGE_INVALID', 'IMAGE_CONFLICT'],
    async handle({ body, actor, services }) {
      return { status: 202, json: { items: await services.images.ask(verb, body, actor) } }
    },
  })
}
