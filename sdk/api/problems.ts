// Problems: one finding of a check, and the response to a request that failed.

import type { ErrorCode } from '../protocol/error-codes.ts'
import { Type } from '../schema.ts'
import { STRICT, Text, type TypeOf } from './shape.ts'

/** A plain string in the document, because later versions may add codes. */
const Code = Type.Unsafe<ErrorCode>(Text)

export const Problem = Type.Object(
  {
    code: Code,
    message: Type.String({ description: 'One sentence, values quoted, without a final period' }),
    hint: Type.Optional(Type.String({ description: 'What to do about it' })),
    file: Type.Optional(Type.String({ description: 'Path inside the package, with forward slashes' })),
    pointer: Type.Optional(Type.String({ description: 'JSON pointer (RFC 6901) into the file or the body' })),
    line: Type.Optional(Type.Integer({ description: 'From 1' })),
    column: Type.Optional(Type.Integer({ description: 'From 1' })),
    frame: Type.Optional(
      Type.String({
        description: 'The lines around the place, with a marker, ready to print in a fixed-width font',
      }),
    ),
  },
  STRICT,
)
/** One finding of a check, worded so that an author can act on it. */
export type Problem = TypeOf<typeof Problem>

export const ProblemDocument = Type.Object(
  {
    type: Type.String({ description: 'URI reference of the page that explains the code' }),
    title: Text,
    status: Type.Integer(),
    detail: Text,
    code: Code,
    hint: Type.String({ description: 'What to do next' }),
    requestId: Type.Optional(Type.String({ description: 'Finds the request in the log of the server' })),
    problems: Type.Optional(Type.Array(Problem)),
  },
  { ...STRICT, description: 'RFC 9457, with the code of the error and its problems' },
)
/** The body of every error response: RFC 9457, with our code and problems. */
export type ProblemDocument = TypeOf<typeof ProblemDocument>
