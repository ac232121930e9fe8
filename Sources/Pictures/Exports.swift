// A drawing fails with the errors of pictures: whoever imports Pictures sees them.
@_exported public import Images
