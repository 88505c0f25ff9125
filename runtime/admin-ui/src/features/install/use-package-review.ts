// From a package to an installed plugin: inspect, then install as chosen. Invariant: leaving the dialog cancels pending requests.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { InspectAnswer, UploadQuery } from '../../../../../sdk/api/packages.ts'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { ApiError } from '../../api/client.ts'
import { command, PLUGINS_KEY } from '../../api/plugins.ts'
import type { OfferedPackage } from '../../api/upload.ts'

export interface PackageReview {
  readonly report: InspectAnswer | undefined
  /** Error of the inspection or of the installation, also one that the inspection foresees. */
  readonly error: Error | null
  readonly busy: 'checking' | 'installing' | null
  /** 0 to 1 while bytes are sent. */
  readonly progress: number
  /** The last choice that was sent. */
  readonly tried: UploadQuery | undefined
  readonly install: (choice: UploadQuery) => void
}

export function usePackageReview(
  offered: OfferedPackage,
  done: (plugin: Installation) => void,
): PackageReview {
  const client = useQueryClient()
  const [progress, setProgress] = useState(0)
  // One key per dialog: a file of the same name may have other content.
  const [key] = useState(() => ['inspect', crypto.getRandomValues(new Uint32Array(2)).join()])
  const inspection = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => offered.inspect({ signal, onProgress: setProgress }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  const abort = useRef<AbortController>(null)
  useEffect(() => () => abort.current?.abort(), [])
  const installation = useMutation({
    mutationFn: async (choice: UploadQuery) => {
      abort.current = new AbortController()
      setProgress(0)
      const options = { signal: abort.current.signal, onProgress: setProgress }
      const plugin = await offered.install(choice, options)
      // Unchanged content changes nothing on the server, even if "enable" was requested this time. In all other cases the upload
      // has tried to enable it.
      const isLeft = plugin.outcome === 'unchanged' && choice.enable === true && !plugin.enabled
      return isLeft ? command(plugin.id, 'enable') : plugin
    },
    onSuccess: done,
    onSettled: () => client.invalidateQueries({ queryKey: PLUGINS_KEY }),
  })
  const busy = inspection.isPending ? 'checking' : installation.isPending ? 'installing' : null
  return {
    report: inspection.data,
    error: installation.error ?? inspection.error ?? foreseen(inspection.data),
    busy,
    progress,
    tried: installation.variables,
    install: installation.mutate,
  }
}

function foreseen(report: InspectAnswer | undefined): ApiError | null {
  if (report?.refusal == null) return null
  const { code, message, hint } = report.refusal
  return new ApiError({ title: message, status: 409, code, ...(hint !== undefined && { hint }) })
}
