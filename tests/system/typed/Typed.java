// SPDX-License-Identifier: Apache-2.0
// Reads a typed device with the Java runtime, by generated classes and by the catalogue's descriptors:
//	java Typed HOST PORT DEVICE
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import dragoman.profile.mt_sics.MtSics.Weight;
import dragoman.v1.Dragoman.Browse;
import dragoman.v1.Dragoman.Frame;
import dragoman.v1.Dragoman.Hello;
import dragoman.v1.Dragoman.Subscribe;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Map;

public class Typed {
  static Descriptor weight;

  public static void main(String[] args) throws Exception {
    try (Socket socket = new Socket(args[0], Integer.parseInt(args[1]))) {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      Frame.newBuilder().setHello(Hello.newBuilder().setVersion(1)).build().writeDelimitedTo(out);
      Frame.newBuilder().setBrowse(Browse.newBuilder().addPatterns(args[2])).build().writeDelimitedTo(out);
      for (Frame frame; (frame = Frame.parseDelimitedFrom(in)) != null; ) {
        if (frame.hasCatalogue()) {
          learn(frame);
          Subscribe.Builder subscribe = Subscribe.newBuilder().addPatterns(args[2]);
          Frame.newBuilder().setSubscribe(subscribe).build().writeDelimitedTo(out);
        }
        if (frame.getEvent().getReading().getTyped().getType().equals("dragoman.profile.mt_sics.Weight"))
          show(frame.getEvent().getReading().getTyped());
      }
    }
  }

  static void learn(Frame frame) throws Exception {
    for (var bytes : frame.getCatalogue().getDescriptorsList()) {
      var file = FileDescriptorSet.parseFrom(bytes).getFile(0);
      weight = FileDescriptor.buildFrom(file, new FileDescriptor[0]).findMessageTypeByName("Weight");
    }
  }

  static void show(dragoman.v1.Dragoman.Typed typed) throws Exception {
    Weight generated = Weight.parseFrom(typed.getMessage());
    System.out.println("generated " + generated.getWeight() + " " + generated.getUnit() + " " + generated.getStable());
    System.out.print("reflected");
    DynamicMessage reflected = DynamicMessage.parseFrom(weight, typed.getMessage());
    for (Map.Entry<FieldDescriptor, Object> field : reflected.getAllFields().entrySet())
      System.out.print(" " + field.getKey().getName() + "=" + field.getValue());
    System.out.println();
    System.out.flush();
  }
}
