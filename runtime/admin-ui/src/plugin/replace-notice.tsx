// Asks whether a plugin may take the place of another one. Nothing of the other is its own before.

import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import type { Installation } from '../../../../sdk/api/plugins.ts'
import { usePluginChange } from '../api/mutations.ts'
import { replace } from '../api/plugins.ts'
import { Icon } from '../components/icons.tsx'

export function ReplaceNotice({ plugin }: { readonly plugin: Installation }) {
  const open = (plugin.replaces ?? []).filter(({ state }) => state === 'open')
  const take = usePluginChange((from: string) => replace(plugin.id, from), {
    done: (after, from) => (after.problem ? null : `"${after.name}" has taken the place of "${from}"`),
  })
  if (open.length === 0) return null
  return (
    <Alert color="orange" icon={<Icon name="info" />} title="It asks to take the place of another plugin">
      <Stack gap="sm">
        <Text size="sm">
          It would get everything that the other plugin has stored, its settings and secrets, and what you
          allowed it, as far as it asks for that. The other plugin is uninstalled then. Allow this only if you
          know that both are by the same author. If you allow its permissions below instead, it runs beside
          the other, without anything of it.
        </Text>
        <Group gap="xs">
          {open.map(({ id }) => (
            <Button
              key={id}
              size="xs"
              color="orange"
              loading={take.isPending && take.variables === id}
              onClick={() =>
                modals.openConfirmModal({
                  title: `Give "${plugin.name}" the place of "${id}"?`,
                  children: (
                    <Text size="sm">
                      The data, settings and secrets of "{id}" become those of "{plugin.id}", and "{id}" is
                      uninstalled.
                    </Text>
                  ),
                  labels: { confirm: 'Give it the place', cancel: 'Cancel' },
                  onConfirm: () => take.mutate(id),
                })
              }
            >
              Let it replace "{id}"…
            </Button>
          ))}
        </Group>
      </Stack>
    </Alert>
  )
}
