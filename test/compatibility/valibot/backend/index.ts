// valibot: pipes, transforms, variants, asynchronous checks and flattened issues.

import * as v from 'valibot'

const Login = v.object({
  email: v.pipe(v.string(), v.trim(), v.toLowerCase(), v.email('not an address')),
  password: v.pipe(v.string(), v.minLength(8, 'too short')),
  age: v.optional(v.pipe(v.union([v.number(), v.pipe(v.string(), v.transform(Number))]), v.integer()), 18),
})
const Shape = v.variant('type', [
  v.object({ type: v.literal('circle'), radius: v.pipe(v.number(), v.gtValue(0)) }),
  v.strictObject({ type: v.literal('square'), side: v.number() }),
])
const Free = v.pipeAsync(
  v.string(),
  v.checkAsync(async (name) => (await Promise.resolve(name)) !== 'taken', 'taken'),
)

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    const body: unknown = await request.json()
    if (pathname === '/login') {
      const result = v.safeParse(Login, body)
      return result.success
        ? Response.json(result.output)
        : Response.json(v.flatten<typeof Login>(result.issues).nested, { status: 400 })
    }
    if (pathname === '/shape') return Response.json(v.is(Shape, body))
    if (pathname === '/name') return Response.json((await v.safeParseAsync(Free, body)).success)
    try {
      return Response.json(v.parse(Shape, body))
    } catch (error) {
      return Response.json([error instanceof v.ValiError, error instanceof Error && error.name])
    }
  },
}
