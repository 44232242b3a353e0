"""The ONNX checker on model files: python3 check_onnx.py MODEL...

Each model must pass the full check, and the types and shapes that it states for its values must agree with what ONNX
itself infers wherever both know. Prints one line per finding; exit status 1 when there is any, 77 without python3-onnx.
"""
import sys

try:
    import onnx
    import onnx.checker
    import onnx.shape_inference
except ImportError as error:
    print(error)
    sys.exit(77)


def facts(graph):
    """name -> (element type, dims); a dim is a number or None."""
    result = {}
    for value in list(graph.value_info) + list(graph.output):
        tensor = value.type.tensor_type
        dims = None
        if tensor.HasField("shape"):
            dims = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
        result[value.name] = (tensor.elem_type, dims)
    return result


def disagreements(model):
    ours = facts(model.graph)
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    for output in bare.graph.output:
        output.type.tensor_type.ClearField("shape")
    theirs = facts(onnx.shape_inference.infer_shapes(bare, data_prop=True).graph)
    for name, (elem_type, dims) in ours.items():
        if name not in theirs:
            continue
        other_type, other_dims = theirs[name]
        if elem_type and other_type and elem_type != other_type:
            yield f"{name}: element type {elem_type}, ONNX infers {other_type}"
        if dims is None or other_dims is None:
            continue
        same = len(dims) == len(other_dims) and all(a is None or b is None or a == b for a, b in zip(dims, other_dims))
        if not same:
            yield f"{name}: shape {dims}, ONNX infers {other_dims}"


def findings(path):
    try:
        onnx.checker.check_model(path, full_check=True)
        yield from disagreements(onnx.load(path))
    except Exception as error:  # the checker has several error types; each is a finding
        yield str(error).strip()


failed = False
for path in sys.argv[1:]:
    for finding in findings(path):
        print(f"{path}: {finding}")
        failed = True
sys.exit(1 if failed else 0)
