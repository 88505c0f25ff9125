// The key of the secrets in the store. Invariant: neither a key nor a secret is in any response.

import { RotateRequest, Rotation } from '../../../sdk/api/secrets.ts'
import { defineRoute } from './route.ts'

export const secretRoutes = [
  defineRoute({
    method: 'POST',
    path: '/secrets/rotate',
    operationId: 'rotateSecrets',
    summary: 'Make a new key for the secrets in the store, and drop the old one',
    tag: 'secrets',
    permission: 'secrets.manage',
    body: RotateRequest,
    responses: { 200: { description: 'What the new key has sealed', schema: Rotation } },
    errors: ['SECRETS_KEY_UNUSABLE'],
    async handle({ body, actor, services }) {
      return {
        status: 200,
        json: await services.store.secrets.rotate(body, { actor, action: 'secrets.rotate' }),
      }
    },
  }),
]
