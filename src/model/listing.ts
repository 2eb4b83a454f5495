import * as z from 'zod';

/** One entry of a finished tree. */
export const treeEntrySchema = z.strictObject({
  path: z.string(),
  kind: z.enum(['file', 'directory', 'symlink']),
  executable: z.boolean(),
  sizeBytes: z.number(),
  /** Nanoseconds since 1970, in decimal: noticed when it changes, never compared between machines. */
  mtimeNs: z.string(),
  /** sha256 of a file, target of a symbolic link, empty for a directory. */
  content: z.string(),
});
export type TreeEntry = z.infer<typeof treeEntrySchema>;

/** listing.json beside a finished tree: what the tree must still be. */
export const treeListingSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('listing'),
  digest: z.string(),
  entries: z.array(treeEntrySchema),
});
export type TreeListing = z.infer<typeof treeListingSchema>;
