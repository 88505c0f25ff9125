// zod: parsing, transforms, unions, async checks, errors as trees and JSON Schema.

import { z } from 'zod'

const Money = z.object({ amount: z.number().nonnegative(), currency: z.enum(['EUR', 'USD']) })
const Order = z
  .object({
    id: z.uuid(),
    email: z.email(),
    placed: z.iso.datetime().transform((text) => new Date(text)),
    lines: z
      .array(z.object({ name: z.string().trim().min(1), count: z.coerce.number().int().min(1) }))
      .nonempty(),
    payment: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('card'), last4: z.string().regex(/^\d{4}$/) }),
      z.object({ kind: z.literal('invoice'), price: Money }),
    ]),
    tags: z.record(z.string(), z.boolean()).default({}),
    note: z.string().optional(),
  })
  .strict()
const Free = z.string().refine(async (name) => (await Promise.resolve(name)) !== 'taken', 'the name is taken')
interface Tree {
  readonly name: string
  readonly children: readonly Tree[]
}
const Tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree)
  },
})

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    switch (pathname) {
      case '/order': {
        const result = Order.safeParse(await request.json())
        return result.success
          ? Response.json({ ...result.data, year: result.data.placed.getUTCFullYear() })
          : Response.json(z.flattenError(result.error), { status: 400 })
      }
      case '/name': {
        const result = await Free.safeParseAsync(await request.text())
        return result.success
          ? new Response('free')
          : new Response(z.prettifyError(result.error), { status: 409 })
      }
      case '/tree':
        return Response.json(Tree.safeParse(await request.json()).success)
      case '/schema':
        return Response.json(z.toJSONSchema(Money))
      case '/throws':
        try {
          return Response.json(Money.parse({}))
        } catch (error) {
          return Response.json([
            error instanceof z.ZodError,
            error instanceof Error,
            (error as z.ZodError).issues.length,
          ])
        }
      default:
        return new Response('nothing', { status: 404 })
    }
  },
}
