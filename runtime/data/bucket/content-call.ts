// The call to the content process, whose body is the content. Replies with an ArrivedContent.

import type { DigestName } from '../../../sdk/protocol/bucket-wire.ts'

export interface ContentCall {
  /** A file that does not exist yet. */
  readonly path: string
  /** Made beside the SHA-256. */
  readonly digest: DigestName | null
}
