"""Writes the matrices of a GGUF file in another type, for comparing engines at equal bits.

    requantize_gguf.py IN.gguf OUT.gguf q8_0|bf16

The numbers are those of IN, dequantised; vectors stay 32-bit floats. Needs `gguf` and `numpy`.
"""

import os
import sys

import gguf


def main():
    source, target, name = sys.argv[1:]
    kind = {"q8_0": gguf.GGMLQuantizationType.Q8_0, "bf16": gguf.GGMLQuantizationType.BF16}[name]
    file_type = {"q8_0": gguf.LlamaFileType.MOSTLY_Q8_0, "bf16": gguf.LlamaFileType.MOSTLY_BF16}[name]
    reader = gguf.GGUFReader(source)
    architecture = reader.fields["general.architecture"].contents()
    partial = f"{target}.part"
    writer = gguf.GGUFWriter(partial, architecture)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        kind_of_value = field.types[0]
        inner = field.types[-1] if kind_of_value == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind_of_value, sub_type=inner)
    writer.add_file_type(file_type)
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        if len(tensor.shape) > 1:
            writer.add_tensor(tensor.name, gguf.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(tensor.name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    # In place only when it is whole.
    os.replace(partial, target)


if __name__ == "__main__":
    main()
